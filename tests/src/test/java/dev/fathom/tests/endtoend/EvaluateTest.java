package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.metrics.DepthMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom evaluate}: the table, the JSON, the line an image, and what each number means. */
class EvaluateTest {
    private static final List<String> KEYS = List.of("d1", "d2", "d3", "abs_rel", "sq_rel", "rmse", "rmse_log", "log10",
            "mae", "i_rmse", "silog_dav2", "silog_kitti", "silog_zoe", "si_rmse");

    @TempDir
    private static Path shared;
    private static Path metric;
    private static Path rooms;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        metric = Workshop.model(shared.resolve("metric.safetensors"), Workshop.METRIC);
        rooms = Workshop.rooms(shared.resolve("rooms"), 0, 3);
        Workshop.frame(rooms.resolve("a, \"hole\".h5"), 0);
    }

    @Test
    void theMeasuresForPeopleForProgramsAndForEachImage() throws IOException {
        Path out = folder.resolve("out");
        Cli cli = Says.run("evaluate", "--data", rooms, "--load-from", metric, "--input-size", 70, "--outdir", out);
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("3 images (1 left out: fewer than 10 pixels with a depth in range)"),
                cli.out());
        JsonNode json = new ObjectMapper().readTree(out.resolve("metrics.json").toFile());
        JsonNode source = json.get("sources").get(0);
        List<String> csv = Files.readAllLines(out.resolve("per_sample_metrics.csv"));
        assertEquals("index,name,width,height,valid_pixels,repaired," + String.join(",", KEYS)
                + ",scale,shift,missing_pixels,skipped", csv.getFirst());
        assertEquals(5, csv.size(), "a line an image, the skipped one too");
        assertEquals("0,\"" + rooms + "/a, \"\"hole\"\".h5\",84,70,,0" + ",".repeat(KEYS.size() + 4)
                + "fewer than 10 pixels with a depth in range", csv.get(1),
                "skipped: cells stay empty");
        for (int k = 0; k < KEYS.size(); k++) {
            String key = KEYS.get(k);
            double mean = source.get("metrics").get(key).asDouble();
            assertTrue(cli.out().contains(String.format(Locale.ROOT, "  %-11s %9.4f  ", key, mean)), key + " in "
                    + cli.out());
            double sum = 0;
            for (String line : csv.subList(2, 5)) {
                sum += Double.parseDouble(line.split(",")[6 + k]);
            }
            assertEquals(sum / 3, mean, 1e-12, "the mean over images of " + key);
            assertEquals(DepthMetric.values()[k].description(), json.get("definitions").get(key).asText());
        }
        assertEquals(3, source.get("images").asInt());
        assertEquals(1, source.get("skipped").asInt());
        assertEquals(1, source.get("skipped_why").get("fewer than 10 pixels with a depth in range").asInt());
        String page = Files.readString(out.resolve("report.html"));
        assertTrue(page.contains("\"a, \\\"hole\\\".h5\"") && page.contains("data fingerprint"), page.substring(0, 2000));
        assertEquals(ContentHash.of(metric).hex(), source.get("about").get("sha256").asText());
        assertEquals("metres", source.get("about").get("unit").asText());
        assertEquals("original", json.get("protocol").get("at").asText());
    }

    /** The measures' units are those of depths; of disparities they are told. */
    @Test
    void disparitiesHaveOtherUnits() throws IOException {
        Path out = folder.resolve("disparity");
        Cli cli = Says.run("evaluate", "--data", rooms, "--load-from", metric, "--input-size", 70, "--space", "disparity",
                "--outdir", out);
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("p and t are disparities in 1/m: where a definition says metres, read 1/m"), cli.out());
        String page = Files.readString(out.resolve("report.html"));
        assertTrue(page.contains("p and t are disparities in 1/m") && page.contains("mean |p - t|, 1/m"));
        assertTrue(page.contains(">mm<") && !page.contains(">1/km<"), "the axis of i_rmse");
    }

    @Test
    void everyMeasureIsDefinedInTheHelp() {
        String help = Says.run("evaluate", "--help").out().replaceAll("\\s+", " ");
        for (DepthMetric metric : DepthMetric.values()) {
            assertTrue(help.contains(metric.key() + " " + metric.description()), metric.key() + " in " + help);
        }
        assertEquals(KEYS, List.of(DepthMetric.values()).stream().map(DepthMetric::key).toList());
    }

    @Test
    void fewerDepthsCountWhereTheRangeIsNarrower() throws IOException {
        long[] pixels = new long[2];
        for (int i = 0; i < 2; i++) {
            Path out = folder.resolve("out" + i);
            assertEquals(0, Says.run("evaluate", "--data", rooms, "--load-from", metric, "--input-size", 70, "--outdir",
                    out, "--eval-max-depth",
                    i == 0 ? 10 : 3, "--workers", 1 + i).code());
            pixels[i] = new ObjectMapper().readTree(out.resolve("metrics.json").toFile()).get("sources").get(0)
                    .get("valid_pixels").asLong();
        }
        assertTrue(pixels[1] > 0 && pixels[1] < pixels[0], pixels[1] + " of " + pixels[0]);
    }

    @Test
    void nothingToMeasureIsSaidAndNothingIsWritten() throws IOException {
        Path holes = Files.createDirectories(folder.resolve("holes"));
        Workshop.frame(holes.resolve("a.h5"), 0);
        Workshop.frame(holes.resolve("b.h5"), 11);
        Path out = folder.resolve("out");
        assertEquals("None of the 2 images of " + holes
                + " could be measured for Depth Anything V2 custom (48 channels, 4 blocks) (2: fewer than 10 pixels with a depth in"
                + " range); check --crop, which is none, --min and --max, which are 0.001 and 10.0 m, and that depths are in"
                + " metres.",
                Says.failing("evaluate", "--data", holes, "--load-from", metric, "--input-size", 70, "--outdir", out));
        assertEquals(List.of(), Workshop.files(out));
    }

    @Test
    void aRelativeModelIsRefusedBeforeAnyWork() {
        Path relative = Workshop.model(folder.resolve("relative.h5"), Workshop.RELATIVE);
        Path out = folder.resolve("out");
        assertEquals(relative + " gives relative disparity, which is no metres and means nothing against depth as it is;"
                + " align it to each image's truth (--align affine-disparity, or --protocol zero-shot-relative), or take a"
                + " metric model.",
                Says.failing("evaluate", "--data", rooms, "--load-from", relative, "--outdir", out));
        assertFalse(Files.exists(out));
    }
}
