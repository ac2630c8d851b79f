package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.Picture;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.nn.hdf5.Hdf5Arrays;
import dev.fathom.nn.hdf5.Hdf5Element;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A folder of HDF5 files in the layout of the NYU Depth V2 training data, one frame a file: {@code rgb} (3,H,W) uint8
 * and {@code depth} (H,W), metres, float16, 32 or 64.
 *
 * <p>Folders below are searched too; samples are sorted by their path below the folder, so that an index means the same
 * file on every machine. Depth 0 is a hole; NaN, negative and infinite depths become holes and are counted.
 */
public final class NyuHdf5Dataset implements DepthDataset {

    private final Path folder;
    private final List<Path> files;

    private NyuHdf5Dataset(Path folder, List<Path> files) {
        this.folder = folder;
        this.files = files;
    }

    /**
     * Finds the files and checks the layout of the first.
     *
     * @throws FathomException if the folder does not exist or holds no {@code .h5} (or {@code .hdf5}) file, or the
     *                         first file has another layout
     */
    public static NyuHdf5Dataset open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new FathomException("There is no folder " + folder
                    + ": expected one with HDF5 files, one frame each.");
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            files = all.filter(NyuHdf5Dataset::isHdf5).sorted(Comparator.comparing(
                    file -> folder.relativize(file).toString().replace('\\', '/'))).toList();
        } catch (IOException | UncheckedIOException e) {
            throw new FathomException("Cannot list the folder " + folder + ": " + e.getMessage() + ".", e);
        }
        if (files.isEmpty()) {
            throw new FathomException("The folder " + folder + " holds no .h5 file, nor do the folders below it: "
                    + "expected NYU-layout HDF5 files, one frame each.");
        }
        try (Hdf5Arrays first = Hdf5Arrays.open(files.getFirst())) {
            checkLayout(files.getFirst(), first);
        }
        return new NyuHdf5Dataset(folder, files);
    }

    private static boolean isHdf5(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return (name.endsWith(".h5") || name.endsWith(".hdf5")) && Files.isRegularFile(file);
    }

    /** The files, in the order of the samples. */
    public List<Path> files() {
        return files;
    }

    @Override
    public int size() {
        return files.size();
    }

    @Override
    public String name(int index) {
        return files.get(index).toString();
    }

    /** Of the paths below the folder and the files' sizes: the same wherever the folder lies. */
    @Override
    public String fingerprint() {
        List<String> all = new ArrayList<>();
        for (Path file : files) {
            all.add(folder.relativize(file).toString().replace('\\', '/'));
            try {
                all.add(Long.toString(Files.size(file)));
            } catch (IOException e) {
                throw new FathomException("The frame " + file + " is gone or cannot be looked at (" + e
                        + "); check the data's folder.", e);
            }
        }
        return ContentHash.of(all).hex();
    }

    @Override
    public DepthSample sample(int index) {
        return read(files.get(index));
    }

    /** Reads one frame file. */
    public static DepthSample read(Path file) {
        try (Hdf5Arrays arrays = Hdf5Arrays.open(file)) {
            int[] shape = checkLayout(file, arrays);
            byte[] planes = arrays.bytes("rgb");
            float[] depth = arrays.floats("depth");
            Picture picture = Picture.blank(shape[1], shape[0]);
            int pixels = picture.pixels();
            byte[] rgb = picture.rgb();
            for (int i = 0; i < pixels; i++) {
                rgb[3 * i] = planes[i];
                rgb[3 * i + 1] = planes[pixels + i];
                rgb[3 * i + 2] = planes[2 * pixels + i];
            }
            return new DepthSample(file.toString(), picture, depth, makeHoles(depth));
        }
    }

    /** Turns NaN, negative and infinite depths into holes (0) and returns how many there were. */
    static int makeHoles(float[] depth) {
        int repaired = 0;
        for (int i = 0; i < depth.length; i++) {
            if (!(depth[i] >= 0 && depth[i] <= Float.MAX_VALUE)) {
                depth[i] = 0;
                repaired++;
            }
        }
        return repaired;
    }

    /** Returns {height, width}. */
    private static int[] checkLayout(Path file, Hdf5Arrays arrays) {
        List<String> names = arrays.names();
        if (!names.contains("rgb") || !names.contains("depth")) {
            throw new FathomException("The file " + file + " is not a frame: expected data sets rgb and depth, but it "
                    + "has " + (names.isEmpty() ? "none" : String.join(", ", names)) + ".");
        }
        int[] rgb = arrays.shape("rgb");
        int[] depth = arrays.shape("depth");
        Hdf5Element.Kind colours = arrays.element("rgb").kind();
        if (rgb.length != 3 || rgb[0] != 3 || rgb[1] < 1 || rgb[2] < 1 || colours != Hdf5Element.Kind.U8) {
            throw new FathomException("In the file " + file + " rgb has shape " + Arrays.toString(rgb) + " of "
                    + colours + ": expected (3, height, width) of U8.");
        }
        if (depth.length != 2 || depth[0] != rgb[1] || depth[1] != rgb[2]) {
            throw new FathomException("In the file " + file + " depth has shape " + Arrays.toString(depth)
                    + ", but the picture is [" + rgb[1] + ", " + rgb[2]
                    + "]: both must have the same height and width.");
        }
        switch (arrays.element("depth").kind()) {
            case F16, BF16, F32, F64 -> { }
            case Hdf5Element.Kind whole -> throw new FathomException("In the file " + file
                    + " depth holds whole numbers (" + whole + "), so their unit is unknown: "
                    + "expected floating-point metres.");
        }
        return depth;
    }
}
