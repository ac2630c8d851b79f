package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.tools.Cli;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom evaluate --dataset da2k:...}: by models of both kinds and by maps of other tools. */
class OrdinalEvaluateTest {
    private static final int W = 84;
    private static final int H = 70;

    @TempDir
    private static Path shared;
    private static Path set;

    @TempDir
    private Path folder;

    /** Three pictures; the left point of each pair is said to be nearer, but for one pair of the second. */
    @BeforeAll
    static void prepare() throws IOException {
        set = Files.createDirectories(shared.resolve("DA-2K"));
        Files.createDirectories(set.resolve("images"));
        for (String name : List.of("indoor_1", "indoor_2", "aerial_1")) {
            BufferedImage picture = new BufferedImage(W, H, BufferedImage.TYPE_INT_RGB);
            for (int i = 0; i < W * H; i++) {
                picture.setRGB(i % W, i / W, Formula.bits24(Formula.base(name), i));
            }
            ImageIO.write(picture, "png", set.resolve("images/" + name + ".png").toFile());
        }
        Files.writeString(set.resolve("annotations.json"), """
                {"images/indoor_1.png": [{"point1": [5, 10], "point2": [60, 70], "closer_point": "point1"}],
                 "images/indoor_2.png": [{"point1": [5, 10], "point2": [9, 70], "closer_point": "point1"},
                                         {"point1": [5, 10], "point2": [9, 70], "closer_point": "point2"},
                                         {"point1": [1, 2], "point2": [9, 3], "closer_point": "point1"}],
                 "images/aerial_1.png": [{"point1": [5, 10], "point2": [60, 70], "closer_point": "point1"}]}""");
        float[] columns = new float[W * H];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = 1 + i % W;
        }
        maps("depth", columns, "indoor_1", "indoor_2", "aerial_1");
        maps("few", columns, "indoor_1", "indoor_2");
    }

    private static void maps(String folder, float[] values, String... names) throws IOException {
        for (String name : names) {
            Files.write(Files.createDirectories(shared.resolve(folder)).resolve(name + ".npy"), npy(values));
        }
    }

    /** NumPy's format 1.0, written down here by itself. */
    private static byte[] npy(float[] values) {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + H + ", " + W + "), }\n";
        ByteBuffer file = ByteBuffer.allocate(10 + header.length() + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0)
                .putShort((short) header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
        for (float value : values) {
            file.putFloat(value);
        }
        return file.array();
    }

    /** The maps grow from left to right: right as depth, all wrong as disparity but for the pair that is turned. */
    @Test
    void theSameMapsReadBothWays() throws IOException {
        Path out = folder.resolve("out");
        Cli cli = Says.run("evaluate", "--dataset", "da2k:" + set, "--predictions", "far=" + shared.resolve("depth")
                + ",unit=m", "--predictions", "near=" + shared.resolve("depth") + ",unit=none,quantity=disparity",
                "--bootstrap", 200, "--outdir", out);
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("far on da2k:" + set + ": 3 images, 5 pairs of points"), cli.out());
        JsonNode json = new ObjectMapper().readTree(out.resolve("metrics.json").toFile());
        JsonNode far = json.get("sources").get(0);
        JsonNode near = json.get("sources").get(1);
        assertEquals(0.8, far.get("all").get("ordinal_accuracy").asDouble());
        assertEquals(0.2, near.get("all").get("ordinal_accuracy").asDouble());
        assertEquals(3, far.get("indoor").get("correct").asInt());
        assertEquals(4, far.get("indoor").get("pairs").asInt());
        assertEquals(1, far.get("aerial").get("ordinal_accuracy").asDouble());
        JsonNode difference = json.get("comparisons").get(0).get("measures").get("ordinal_accuracy");
        assertEquals(-0.6, difference.get("difference").asDouble(), 1e-12, "that of the accuracies");
        assertEquals(3, difference.get("losses").asInt());
        assertEquals(List.of("source,index,name,scene,pairs,correct,ordinal_accuracy,skipped",
                "far,0," + set.resolve("images/indoor_1.png") + ",indoor,1,1,1.0,"),
                Files.readAllLines(out.resolve("per_sample_metrics.csv")).subList(0, 2));
        String page = Files.readString(out.resolve("report.html"));
        assertTrue(page.contains("<h2>Where far is wrong</h2>"));
        assertTrue(page.contains("2 of 3 right") && page.contains("1 of 3 right"), "the second picture by both");
        assertEquals(3, page.split("data:image/jpeg").length - 1, "one picture with its two maps: far has no other wrong pair");
        assertTrue(page.contains("near against far") && page.contains("\"counted\":\"pairs\""), page.substring(0, 3000));
    }

    /** Random weights: whatever a relative model says of two points, the same numbers as metres say the opposite. */
    @Test
    void modelsOfBothKinds() {
        Path relative = Workshop.model(folder.resolve("relative.safetensors"), Workshop.RELATIVE);
        Path metric = Workshop.model(folder.resolve("metric.safetensors"), Workshop.METRIC);
        Cli cli = Says.run("evaluate", "--dataset", "da2k:" + set + ",scene=indoor", "--load-from", relative, "--load-from",
                metric, "--input-size", 70, "--bootstrap", 0);
        assertEquals(0, cli.code(), cli.err());
        String all = cli.out().lines().filter(line -> line.startsWith("  all")).findFirst().orElseThrow();
        double[] accuracies = List.of(all.strip().split("\\s+")).stream().skip(2).mapToDouble(Double::parseDouble).toArray();
        assertEquals(2, accuracies.length, all);
        assertEquals(1, accuracies[0] + accuracies[1], 1e-9, all);
    }

    @Test
    void mapsThatAreMissing() {
        Cli cli = Says.run("evaluate", "--dataset", "da2k:" + set, "--predictions", shared.resolve("few")
                + ",unit=m,missing=skip");
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("2 images (1 left out: "), cli.out());
        assertTrue(cli.out().contains("4 pairs of points"), cli.out());
    }

    @Test
    void whatMeansNothingHere() throws IOException {
        Path out = folder.resolve("none");
        Cli cli = Says.run("evaluate", "--dataset", "da2k:" + set, "--predictions", shared.resolve("depth") + ",unit=m",
                "--align", "median", "--max", 10, "--outdir", out);
        assertEquals(1, cli.code());
        assertEquals("--align and --max mean nothing for da2k:" + set + ", which knows no depth, only which of two points is"
                + " nearer; leave them out.", cli.err().strip());
        assertFalse(Files.exists(out));
        Cli measures = Says.run("evaluate", "--dataset", "da2k:" + set, "--predictions", shared.resolve("depth") + ",unit=m",
                "--measures", "boundary");
        assertTrue(measures.err().startsWith("--measures means nothing for da2k:"), measures.err());
    }
}
