package dev.fathom.tools.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.ByteMap;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.models.image.Preprocess;
import dev.fathom.tools.output.PngFile;
import dev.fathom.tools.output.Provenance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What happens to a picture before and after the network: decoding, the cubic resize with normalisation, the depth
 * map's way back to the picture's size, colours, PNG files.
 */
final class PicturesPart implements Part {
    private static final Provenance PROVENANCE = new Provenance("bench", "0", "none", "photo.jpg");

    /** Of the photo: 1600 x 1200 for the usual network of 518 x 518, and smaller for a smaller one. */
    private final int width;
    private final int height;
    private final int side;
    private final int runs;

    /** @param side the network's shorter side in pixels */
    PicturesPart(int side, int runs) {
        this.width = 1600 * side / NetworkSize.DEFAULT_INPUT_SIZE;
        this.height = 1200 * side / NetworkSize.DEFAULT_INPUT_SIZE;
        this.side = side;
        this.runs = runs;
    }

    @Override
    public String title() {
        return "a picture of " + width + " x " + height + " for a network of " + side;
    }

    /**
     * One thing that is done.
     *
     * @param bytes that it reads and writes at least, uncompressed pictures and compressed files alike
     */
    private record Row(Samples samples, long bytes) {
    }

    @Override
    public Found measure() {
        Map<String, Row> rows = new LinkedHashMap<>();
        Path folder = TemporaryFolder.make();
        try {
            Picture photo = SamplePhoto.make(width, height);
            long rgb = photo.rgb().length;
            for (String format : new String[] {"jpg", "png"}) {
                Path file = SamplePhoto.write(photo, folder.resolve("photo." + format));
                byte[] bytes = Files.readAllBytes(file);
                time(rows, "decode " + format.toUpperCase(Locale.ROOT), bytes.length + rgb,
                        () -> PictureReader.decode(bytes, "photo." + format));
            }
            NetworkSize size = NetworkSize.of(width, height, side);
            long small = (long) size.width() * size.height();
            time(rows, "resize (cubic) and normalise", rgb + 12 * small, () -> Preprocess.normalised(photo, size));
            DepthMap map = map();
            time(rows, "depth to the picture's size (bilinear)", 4 * small + 8L * map.values().length,
                    () -> enlarged(size));
            byte[] grey = ByteMap.of(map.values());
            time(rows, "depth to bytes", 5L * grey.length, () -> ByteMap.of(map.values()));
            Palette palette = Palette.named("Spectral");
            time(rows, "colour", 4L * grey.length, () -> palette.apply(grey, width, height));
            Picture coloured = palette.apply(grey, width, height);
            time(rows, "write a coloured PNG", 2 * rgb, () -> PngFile.writeColour(folder.resolve("colour.png"),
                    coloured, map.head(), "bench", PROVENANCE));
            time(rows, "write a 16-bit PNG", 6L * grey.length,
                    () -> PngFile.write16(folder.resolve("grey.png"), map, PROVENANCE));
        } catch (IOException e) {
            throw new UncheckedIOException("a temporary picture in " + folder, e);
        } finally {
            TemporaryFolder.delete(folder);
        }
        return new Measured(title(), width, height, rows);
    }

    private void time(Map<String, Row> rows, String name, long bytes, Runnable work) {
        rows.put(name, new Row(Samples.of(runs, 3, 0.5, work), bytes));
    }

    private DepthMap map() {
        float[] values = new float[width * height];
        for (int i = 0; i < values.length; i++) {
            values[i] = 1 + (float) Math.abs(Math.sin(i % width * 0.01) + Math.sin(i / width * 0.013));
        }
        return new DepthMap(width, height, values, new DepthHead.Metric(20));
    }

    private void enlarged(NetworkSize size) {
        try (MemoryScope scope = MemoryScope.open("enlarge")) {
            Tensor depth = Tensors.zeros(new TensorSpec(Shape.of(1, size.height(), size.width(), 1), DType.F32),
                    Device.CPU);
            ResizeBilinear.of(depth, height, width, true).toFloats();
        }
    }

    /** What came of it. */
    private record Measured(String title, int width, int height, Map<String, Row> rows) implements Found {
        @Override
        public String text(MachineRates rates) {
            MarkdownTable table = new MarkdownTable(1, "step", "ms", "quartiles", "megapixels/s", "GB/s",
                    "of a copy");
            rows.forEach((name, row) -> {
                double median = row.samples.median();
                table.row(name, MarkdownTable.number(1e3 * median, 2),
                        MarkdownTable.number(1e3 * row.samples.quantile(0.25), 2) + " to "
                        + MarkdownTable.number(1e3 * row.samples.quantile(0.75), 2),
                        MarkdownTable.number(width * height * 1e-6 / median, 0),
                        MarkdownTable.number(row.bytes / median * 1e-9, 2),
                        MarkdownTable.percent(row.bytes / median / rates.copies().at(row.bytes)));
            });
            return title + ":\n\n" + table;
        }

        @Override
        public Map<String, Object> json(MachineRates rates) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("part", "pictures");
            map.put("width", width);
            map.put("height", height);
            Map<String, Object> steps = new LinkedHashMap<>();
            rows.forEach((name, row) -> {
                Map<String, Object> step = new LinkedHashMap<>(row.samples.json());
                step.put("bytes", row.bytes);
                steps.put(name, step);
            });
            map.put("steps", steps);
            return map;
        }
    }
}
