package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.data.Layouts;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.NyuHdf5Dataset;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** {@code fathom evaluate --predictions}: maps of any tool, side by side, by every named protocol. */
class EvaluatePredictionsTest {
    private static final int ROOMS = 4;

    @TempDir
    private static Path shared;
    private static Path rooms;
    /** A tenth too far, as 16-bit PNGs in millimetres. */
    private static Path far;
    /** Relative disparity of the truth, as PFM. */
    private static Path relative;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() throws IOException {
        rooms = Workshop.rooms(shared.resolve("rooms"), 20, ROOMS);
        far = Files.createDirectories(shared.resolve("far/deep"));
        relative = Files.createDirectories(shared.resolve("relative"));
        DepthDataset data = NyuHdf5Dataset.open(rooms);
        for (int i = 0; i < ROOMS; i++) {
            float[] truth = data.sample(i).depth();
            String stem = Path.of(data.name(i)).getFileName().toString().replace(".h5", "");
            int[] millimetres = new int[truth.length];
            float[] disparity = new float[truth.length];
            for (int p = 0; p < truth.length; p++) {
                millimetres[p] = Math.round(1100 * truth[p]);
                disparity[p] = truth[p] > 0 ? 3 / truth[p] - 0.2f : Float.NaN;
            }
            Layouts.gray16(far.resolve(stem + "_depth.png"), Workshop.WIDTH, millimetres);
            pfm(relative.resolve(stem + ".pfm"), disparity);
        }
        far = far.getParent();
    }

    private static void pfm(Path file, float[] values) throws IOException {
        byte[] header = ("Pf\n" + Workshop.WIDTH + " " + Workshop.HEIGHT + "\n-1.0\n").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer bytes = ByteBuffer.allocate(header.length + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN).put(header);
        for (int y = Workshop.HEIGHT - 1; y >= 0; y--) {
            for (int x = 0; x < Workshop.WIDTH; x++) {
                bytes.putFloat(values[y * Workshop.WIDTH + x]);
            }
        }
        Files.write(file, bytes.array());
    }

    private JsonNode evaluated(Object... more) throws IOException {
        Path out = folder.resolve("out");
        List<Object> words = new ArrayList<>(List.of("evaluate", "--data", rooms, "--outdir", out, "--no-page"));
        if (!List.of(more).contains("--bootstrap")) {
            words.addAll(List.of("--bootstrap", 200));
        }
        words.addAll(List.of(more));
        Cli cli = Says.run(words.toArray());
        assertEquals(0, cli.code(), cli.err());
        printed = cli.out();
        return new ObjectMapper().readTree(out.resolve("metrics.json").toFile());
    }

    private String printed;

    private static double metric(JsonNode json, int source, String key) {
        return json.get("sources").get(source).get("metrics").get(key).asDouble();
    }

    @Test
    void foldersAndAModelSideBySide() throws IOException {
        Path model = Workshop.model(folder.resolve("tiny.safetensors"), Workshop.METRIC);
        JsonNode json = evaluated("--predictions", "far=" + far + ",unit=mm,suffix=_depth", "--load-from", model,
                "--input-size", 70, "--batch", 2);
        assertEquals("Depth Anything V2 custom (48 channels, 4 blocks)", json.get("sources").get(0).get("name").asText());
        assertEquals("far", json.get("sources").get(1).get("name").asText());
        assertEquals("quantity=depth,unit=mm", json.get("sources").get(1).get("about").get("meaning").asText());
        assertEquals(0.1, metric(json, 1, "abs_rel"), 1e-3, "half a millimetre of at least half a metre");
        assertEquals(1, metric(json, 1, "d1"));
        JsonNode compared = json.get("comparisons").get(0).get("measures").get("abs_rel");
        assertEquals(ROOMS, compared.get("images").asInt());
        assertEquals(metric(json, 1, "abs_rel") - metric(json, 0, "abs_rel"), compared.get("difference").asDouble(), 1e-12);
        assertTrue(printed.contains("far against Depth Anything V2"), printed);
        List<String> csv = Files.readAllLines(folder.resolve("out/per_sample_metrics.csv"));
        assertEquals(1 + 2 * ROOMS, csv.size());
        assertTrue(csv.get(0).startsWith("source,index,") && csv.get(ROOMS + 1).startsWith("far,0,"), csv.toString());
    }

    @Test
    void relativeDisparityIsMeasuredOnceItIsAligned() throws IOException {
        String maps = "midas=" + relative + ",quantity=disparity,unit=none";
        assertEquals("midas gives relative disparity, which is no metres and means nothing against depth as it is; align it"
                + " to each image's truth (--align affine-disparity, or --protocol zero-shot-relative), or take a metric model.",
                Says.failing("evaluate", "--data", rooms, "--predictions", maps, "--max", 10));
        JsonNode json = evaluated("--predictions", maps, "--protocol", "zero-shot-relative", "--crop", "none");
        assertEquals(0, metric(json, 0, "abs_rel"), 1e-5);
        String csv = Files.readAllLines(folder.resolve("out/per_sample_metrics.csv")).get(1);
        String[] cells = csv.split(",", -1);
        assertEquals(1 / 3.0, Double.parseDouble(cells[cells.length - 4]), 1e-6, "scale");
        assertEquals(0.2 / 3.0, Double.parseDouble(cells[cells.length - 3]), 1e-6, "shift");
    }

    /** Every choice of every preset, as it is printed and written. */
    @Test
    void namedProtocolsArePresetsOfPrintedOptions() throws IOException {
        List<String> names = List.of("trainer", "zero-shot-relative", "zero-shot-metric", "in-domain-metric",
                "in-domain-relative");
        List<String> align = List.of("none", "affine-disparity", "none", "none", "median");
        for (int i = 0; i < names.size(); i++) {
            boolean first = i == 0;
            JsonNode protocol = evaluated("--predictions", far + ",unit=mm,suffix=_depth", "--protocol", names.get(i), "--crop",
                    "box=0,70,0,84").get("protocol");
            assertEquals(names.get(i) + " with --crop box=0,70,0,84", protocol.get("name").asText());
            assertEquals(align.get(i), protocol.get("align").asText());
            assertEquals(!first, protocol.get("clamp").asBoolean());
            assertEquals(names.get(i).endsWith("metric"), protocol.get("flip_average").asBoolean());
            assertEquals(10, protocol.get("max").asDouble(), "NYU's, as no model says another");
            assertTrue(printed.contains("align " + align.get(i)) && printed.contains("crop box=0,70,0,84")
                    && printed.contains("true depths in [0.001, 10.0] m") && printed.contains(first ? ", no clamp" : ", clamp"),
                    printed);
        }
        assertTrue(Says.failing("evaluate", "--data", rooms, "--predictions", far + ",unit=mm,suffix=_depth", "--protocol",
                "in-domain-metric").contains("4: the crop eigen-nyu is defined for 640 x 480 pixels"));
        JsonNode set = evaluated("--predictions", far + ",unit=mm,suffix=_depth", "--protocol", "zero-shot-metric",
                "--no-clamp", "--no-flip-average", "--align", "scale", "--fit", "robust", "--crop", "none", "--max", 7);
        assertEquals("zero-shot-metric with --align scale, --crop none, --no-clamp, --no-flip-average",
                set.get("protocol").get("name").asText());
        assertEquals("robust", set.get("protocol").get("fit").asText());
        assertEquals(0, metric(set, 0, "abs_rel"), 1e-3);
    }

    @Test
    void anAverageOverPixelsWeighsImagesByTheirPixels() throws IOException {
        evaluated("--predictions", far + ",unit=mm,suffix=_depth", "--max", 4);
        double sum = 0;
        double pixels = 0;
        for (String line : Files.readAllLines(folder.resolve("out/per_sample_metrics.csv")).subList(1, ROOMS + 1)) {
            String[] cells = line.split(",", -1);
            pixels += Double.parseDouble(cells[4]);
            sum += Double.parseDouble(cells[4]) * Double.parseDouble(cells[6 + 8]);
        }
        JsonNode json = evaluated("--predictions", far + ",unit=mm,suffix=_depth", "--max", 4, "--average", "pixels");
        assertEquals(sum / pixels, metric(json, 0, "mae"), 1e-12);
        JsonNode plain = evaluated("--predictions", far + ",unit=mm,suffix=_depth", "--max", 4, "--average", "pixels",
                "--bootstrap", 0);
        assertEquals(sum / pixels, metric(plain, 0, "mae"), 1e-12, "without intervals too");
        JsonNode interval = json.get("sources").get(0).get("intervals").get("mae");
        assertTrue(interval.get(0).asDouble() <= sum / pixels && sum / pixels <= interval.get(1).asDouble());
    }

    @Test
    void missingMapsAreToldAndMayBeLeftOut() throws IOException {
        Path some = Files.createDirectories(folder.resolve("some"));
        Files.copy(relative.resolve("room_00020.pfm"), some.resolve("room_00020.pfm"));
        Files.copy(relative.resolve("room_00022.pfm"), some.resolve("room_00022.pfm"));
        String maps = "some=" + some + ",quantity=disparity,scale=1";
        assertEquals("There is no predicted map for " + rooms + "/room_00021.h5 in " + some
                + "; add it, or leave such pictures out with missing=skip.",
                Says.failing("evaluate", "--data", rooms, "--predictions", maps));
        JsonNode json = evaluated("--predictions", far + ",unit=mm,suffix=_depth", "--predictions", maps + ",missing=skip");
        assertEquals(2, json.get("sources").get(1).get("images").asInt());
        assertEquals(2, json.get("sources").get(1).get("skipped_why").get("there is no predicted map").asInt());
        assertEquals(2, json.get("comparisons").get(0).get("measures").get("rmse").get("images").asInt(),
                "only images that both have are compared");
        assertTrue(printed.contains("2 images (2 left out: there is no predicted map)")
                && printed.contains("the columns are not of the same images"), printed);
    }

    @Test
    void foldersThatCannotBeMeantAreRefused() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        assertTrue(Says.failing("evaluate", "--data", rooms, "--predictions", empty + ",unit=m").startsWith(empty
                + " holds no predicted maps; expected files ending in .png"));
        assertEquals("There is no folder nowhere of predicted maps; check --predictions.",
                Says.failing("evaluate", "--data", rooms, "--predictions", "nowhere,unit=m"));
        assertEquals("No map in " + far + " is called as a picture: the first map is deep/room_00020_depth.png, the first"
                + " picture " + rooms + "/room_00020.h5; use suffix= for what stands behind the picture's name, or by=order.",
                Says.failing("evaluate", "--data", rooms, "--predictions", far + ",unit=mm"));
        Path one = Files.createDirectories(folder.resolve("one"));
        Files.copy(relative.resolve("room_00020.pfm"), one.resolve("a.pfm"));
        assertEquals(one + " holds 1 predicted maps for 4 pictures, so by=order cannot tell which belongs to which; expected"
                + " as many.", Says.failing("evaluate", "--data", rooms, "--predictions", one + ",unit=m,by=order"));
        Path twice = Files.createDirectories(folder.resolve("twice/b"));
        for (Path to : List.of(twice, twice.getParent())) {
            Files.copy(relative.resolve("room_00020.pfm"), to.resolve("room_00020.pfm"));
        }
        assertTrue(Says.failing("evaluate", "--data", rooms, "--predictions", twice.getParent() + ",unit=m").startsWith(
                "The prediction for " + rooms + "/room_00020.h5 could be "));
        assertEquals("Two of what is to be measured are called 'far'; name folders of maps by --predictions NAME=DIR, and"
                + " give each model once.", Says.failing("evaluate", "--data", rooms, "--predictions", far
                + ",unit=mm,suffix=_depth", "--predictions", far + ",unit=m,suffix=_depth"));
    }

    @Test
    void optionsMayComeFromAFile() throws IOException {
        Path config = Files.writeString(folder.resolve("evaluate.yaml"), "predictions: [\"far=" + far
                + ",unit=mm,suffix=_depth\"]\nalign: scale\nfit: robust\nclamp: true\nflip-average: false\nmax: 5\ncrop: box=0,60,0,60\n");
        JsonNode fromFile = evaluated("--config", config);
        JsonNode typed = evaluated("--predictions", "far=" + far + ",unit=mm,suffix=_depth", "--align", "scale", "--fit",
                "robust", "--clamp", "--no-flip-average", "--max", 5, "--crop", "box=0,60,0,60");
        assertEquals(typed.get("sources"), fromFile.get("sources"));
        assertEquals(typed.get("protocol"), fromFile.get("protocol"));
        assertEquals(6, evaluated("--config", config, "--max", 6).get("protocol").get("max").asDouble());
    }

    /** In order of names, as tools that number their results write them; the same numbers as by name. */
    @Test
    void mapsMayBeTakenInOrder() throws IOException {
        Path numbered = Files.createDirectories(folder.resolve("numbered"));
        for (int i = 0; i < ROOMS; i++) {
            Files.copy(relative.resolve("room_0002" + i + ".pfm"), numbered.resolve("pred-" + i + ".pfm"));
        }
        JsonNode byName = evaluated("--predictions", relative + ",quantity=disparity,scale=3");
        JsonNode byOrder = evaluated("--predictions", numbered + ",quantity=disparity,scale=3,by=order");
        assertEquals(byName.get("sources").get(0).get("metrics"), byOrder.get("sources").get(0).get("metrics"));
        assertTrue(metric(byName, 0, "abs_rel") > 0);
    }

    /** As Monodepth2 saves disparities: one .npy of all pictures. */
    @Test
    void oneFileMayHoldAllMaps() throws IOException {
        DepthDataset data = NyuHdf5Dataset.open(rooms);
        ByteBuffer all = ByteBuffer.allocate(4 * ROOMS * Workshop.WIDTH * Workshop.HEIGHT).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < ROOMS; i++) {
            for (float depth : data.sample(i).depth()) {
                all.putFloat(depth > 0 ? 2 / depth : 0);
            }
        }
        Path stack = npy(folder.resolve("disps.npy"), ROOMS, all.array());
        JsonNode json = evaluated("--predictions", "md2=" + stack + ",quantity=disparity,unit=none", "--protocol",
                "in-domain-relative", "--crop", "none");
        assertEquals(0, metric(json, 0, "abs_rel"), 1e-6);
        assertTrue(printed.contains("fitted scales: median 2"), printed);
        Path three = npy(folder.resolve("three.npy"), 3, all.array());
        assertEquals(three + " holds 3 predicted maps for 4 pictures, so its maps cannot be told apart; expected as many.",
                Says.failing("evaluate", "--data", rooms, "--predictions", three + ",quantity=disparity,scale=1"));
        assertEquals("The map " + folder.resolve("torn.npy") + " is broken (it ends before its last map): make it again, or copy"
                + " it again.", Says.failing("evaluate", "--data", rooms, "--predictions", npy(folder.resolve("torn.npy"), ROOMS,
                Arrays.copyOf(all.array(), all.capacity() - 1)) + ",quantity=disparity,scale=1"));
    }

    private static Path npy(Path file, int maps, byte[] numbers) throws IOException {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + maps + ", " + Workshop.HEIGHT + ", "
                + Workshop.WIDTH + "), }\n";
        ByteBuffer bytes = ByteBuffer.allocate(10 + header.length() + numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length());
        return Files.write(file, bytes.put(header.getBytes(StandardCharsets.US_ASCII)).put(numbers).array());
    }

    /** Rows 10 to 59, columns 4 to 73 of each picture: measured there, not stretched over all of it. */
    @Test
    void mapsMayShowAPartOfTheirPictures() throws IOException {
        Path parts = Files.createDirectories(folder.resolve("parts"));
        DepthDataset data = NyuHdf5Dataset.open(rooms);
        for (int i = 0; i < ROOMS; i++) {
            float[] truth = data.sample(i).depth();
            int[] millimetres = new int[50 * 70];
            for (int p = 0; p < millimetres.length; p++) {
                millimetres[p] = Math.round(1000 * truth[(10 + p / 70) * Workshop.WIDTH + 4 + p % 70]);
            }
            Layouts.gray16(parts.resolve(i + ".png"), 70, millimetres);
        }
        JsonNode json = evaluated("--predictions", parts + ",unit=mm,by=order,covers=box=10,60,4,74", "--crop",
                "box=10,60,4,74");
        assertEquals(0, metric(json, 0, "abs_rel"), 1e-3);
        assertEquals(0, json.get("sources").get(0).get("missing_pixels").asInt());
        evaluated("--predictions", parts + ",unit=mm,by=order");
        assertTrue(printed.contains("4 maps have another shape than their picture and were stretched to it"), printed);
        assertTrue(Says.failing("evaluate", "--data", rooms, "--predictions", parts + ",unit=mm,by=order,covers=box=0,60,4,74")
                .endsWith("has 70 x 50 pixels, but covers=box=0,60,4,74 of a picture of 84 x 70 has 70 x 60; expected the"
                + " same."));
    }

    /** Ctrl-C: what is measured is reported as what it is. */
    @Test
    void ctrlCKeepsWhatIsMeasured() throws Exception {
        Path many = Files.createDirectories(folder.resolve("many"));
        Path maps = Files.createDirectories(folder.resolve("maps"));
        Path room = Path.of(NyuHdf5Dataset.open(rooms).name(0));
        Path map = far.resolve("deep/" + room.getFileName().toString().replace(".h5", "_depth.png"));
        for (int i = 0; i < 2000; i++) {
            Files.createLink(many.resolve("f" + i + ".h5"), room);
            Files.createLink(maps.resolve("f" + i + ".png"), map);
        }
        Path out = folder.resolve("stopped");
        Signal ctrlC = new Signal("INT");
        // A handler of the test's own, in case that the command's is not there when the signal comes.
        SignalHandler before = Signal.handle(ctrlC, signal -> { });
        try {
            Thread someone = Thread.ofPlatform().start(() -> {
                while (!Files.exists(out) && !Thread.interrupted()) {
                    Thread.onSpinWait();
                }
                Signal.raise(ctrlC);
            });
            Cli cli = Says.run("evaluate", "--data", many, "--predictions", "far=" + maps + ",unit=mm", "--outdir", out);
            someone.interrupt();
            someone.join();
            assertEquals(130, cli.code(), cli.out() + cli.err());
            JsonNode data = new ObjectMapper().readTree(out.resolve("metrics.json").toFile()).get("data");
            int looked = data.get("looked_at").asInt();
            assertTrue(0 < looked && looked < 2000 && data.get("frames").asInt() == 2000, data.toString());
            assertTrue(cli.out().contains("stopped after " + looked + " of 2000 frames: the numbers are of these alone"),
                    cli.out());
            assertEquals(looked + 1, Files.readAllLines(out.resolve("per_sample_metrics.csv")).size());
            assertEquals(List.of("metrics.json", "per_sample_metrics.csv"), Workshop.files(out));
        } finally {
            Signal.handle(ctrlC, before);
        }
    }
}
