package dev.fathom.tests.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.evaluation.MadeUpEvaluation.Model;
import dev.fathom.tests.evaluation.MadeUpEvaluation.Rooms;
import dev.fathom.tools.evaluate.page.Candidate;
import dev.fathom.tools.evaluate.page.DepthCurve;
import dev.fathom.tools.evaluate.page.EvaluationPage;
import dev.fathom.tools.evaluate.page.ImageScores;
import dev.fathom.tools.evaluate.page.SamplePictures;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.scoring.Scored;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.evaluation.statistics.PairedComparison;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.Measure;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page: every number in it, the images it shows, and names that try to be markup. */
class EvaluationPageTest {
    private static final Bootstrap BOOTSTRAP = new Bootstrap(200, 0.95, Bootstrap.Method.BCA, 0);

    @TempDir
    private Path folder;

    private String page(int images, Model... models) throws IOException {
        Rooms rooms = new Rooms(images);
        List<DepthCurve> curves = new ArrayList<>();
        Arrays.stream(models).forEach(model -> curves.add(new DepthCurve(Space.DEPTH)));
        List<Evaluation> evaluations = new Evaluator(MadeUpEvaluation.OPTIONS).run(List.of(models), rooms,
                (source, result, sample, scored) -> {
                    curves.get(source).add(scored);
                    return true;
                });
        List<Candidate> candidates = new ArrayList<>();
        for (int m = 0; m < models.length; m++) {
            Map<Measure, Interval> overall = new LinkedHashMap<>();
            for (DepthMetric metric : DepthMetric.values()) {
                overall.put(metric, BOOTSTRAP.ofMean(evaluations.get(m).images().stream()
                        .flatMap(i -> i.metrics().stream()).mapToDouble(v -> v.get(metric)).toArray()));
            }
            candidates.add(new Candidate(models[m].name(), overall, evaluations.get(m).images().stream()
                    .map(image -> ImageScores.of(image, List.of(DepthMetric.values()))).toList()));
        }
        Map<String, List<PairedComparison>> comparisons = new LinkedHashMap<>();
        for (int m = 1; m < models.length; m++) {
            comparisons.put(models[m].name() + " against " + models[0].name(), List.of(PairedComparison.of(
                    DepthMetric.ABS_REL, absRel(evaluations.getFirst()), absRel(evaluations.get(m)), BOOTSTRAP)));
        }
        Path file = folder.resolve("page.html");
        new EvaluationPage("Evaluation", "made-up models on " + images + " rooms", candidates)
                .result(List.of("Intervals: 95 %."))
                .comparisons(BOOTSTRAP, comparisons)
                .definition(Map.of("align", "none"))
                .spread(Space.DEPTH)
                .byDepth(curves, Space.DEPTH)
                .images(SamplePictures.draw(candidates, DepthMetric.ABS_REL, MadeUpEvaluation.OPTIONS, List.of(models),
                        rooms))
                .footer("by a test")
                .save(file);
        return Files.readString(file);
    }

    private static double[] absRel(Evaluation evaluation) {
        return evaluation.images().stream().flatMap(i -> i.metrics().stream()).mapToDouble(v -> v.get(DepthMetric.ABS_REL))
                .toArray();
    }

    private static JsonNode data(String html) throws IOException {
        Matcher json = Pattern.compile("id=\"image-table-data\">(.*?)</script>", Pattern.DOTALL).matcher(html);
        assertTrue(json.find());
        return new ObjectMapper().readTree(json.group(1));
    }

    private static List<String> headings(String html) {
        return Pattern.compile("<h2>(.*?)</h2>").matcher(html).results().map(m -> m.group(1)).toList();
    }

    /** The model's error grows with an image's number, so it is known which are best and worst. */
    @Test
    void oneModel() throws IOException {
        String html = page(40, new Model("steady", 0.01, 0.02));
        assertEquals(List.of("Result", "What was measured, and how", "How the images spread", "Error by depth", "Best",
                "Middle", "Worst", "All images"), headings(html));
        JsonNode data = data(html);
        assertEquals(40, data.get("images").size());
        List<String> shown = new ArrayList<>();
        data.get("images").forEach(image -> {
            if (!image.get("sample").isNull()) {
                shown.add(image.get("name").asText());
            }
        });
        assertEquals(List.of("0.png", "1.png", "2.png", "19.png", "20.png", "21.png", "37.png", "38.png", "39.png").stream()
                .map(n -> "room_" + n).toList(), shown, "the common folder is left out");
        assertTrue(html.contains("<div id=\"" + data.get("images").get(39).get("sample").asText() + "\">"));
        JsonNode hole = data.get("images").get(5);
        assertTrue(hole.get("values").get(0).isNull());
        assertEquals("fewer than 10 pixels with a depth in range", hole.get("skipped").asText());
        assertEquals(DepthMetric.values().length, data.get("measures").size());
        double absRel = data.get("images").get(39).get("values").get(0).get(DepthMetric.ABS_REL.ordinal()).asDouble();
        assertEquals(0.4, absRel, 0.01);
        // Photo, truth, prediction, error of nine images: magma is bright red at 0.4 of 0.5, nearly black at 0.02.
        List<BufferedImage> pictures = pictures(html);
        assertEquals(36, pictures.size());
        assertTrue(red(pictures.get(3)) < 60, "the best image's error");
        assertTrue(red(pictures.get(27)) > 200, "the worst image's error: predicted with its own number");
    }

    @Test
    void twoModels() throws IOException {
        String html = page(12, new Model("steady", 0.01, 0.02), new Model("other", -0.012, 0.001));
        List<String> headings = headings(html);
        assertTrue(headings.containsAll(List.of("One against the other", "Best of steady", "Worst of steady",
                "Where other gains most on steady", "Where other loses most to steady")), headings.toString());
        assertEquals(List.of("steady", "other"), new ObjectMapper().convertValue(data(html).get("models"), List.class));
        assertEquals(2, data(html).get("images").get(0).get("values").size());
        assertTrue(html.contains("<h3>other against steady</h3>"));
        assertTrue(html.contains("<td class=\"n\">1 : 10</td>"), "wins of the other : of steady");
        assertTrue(html.contains("<td class=\"n\">worse</td>"));
    }

    /** Two models that are one: nowhere does one gain on the other, and no interval leaves out 0. */
    @Test
    void oneModelTwice() throws IOException {
        String html = page(6, new Model("one", 0.01, 0.02), new Model("again", 0.01, 0.02));
        assertTrue(headings(html).stream().noneMatch(h -> h.startsWith("Where again")), headings(html).toString());
        assertTrue(html.contains("no clear difference"));
    }

    /** A file's name cannot become markup, and cannot end the script. */
    @Test
    void namesStayText() throws IOException {
        String html = page(4, new Model("</script><script>alert(1)</script>", 0.01, 0.02));
        assertFalse(html.contains("<script>alert"));
        assertFalse(html.contains("<b>&\"x\""));
        assertEquals("room_3<b>&\"x\".png", data(html).get("images").get(3).get("name").asText());
        assertEquals("</script><script>alert(1)</script>", data(html).get("models").get(0).asText());
    }

    @Test
    void fewImages() throws IOException {
        assertTrue(headings(page(1, new Model("m", 0.01, 0.02))).contains("The only image"));
        List<String> two = headings(page(2, new Model("m", 0.01, 0.02)));
        assertTrue(two.contains("Best") && two.contains("Worst") && !two.contains("Middle"), two.toString());
    }

    private static List<BufferedImage> pictures(String html) throws IOException {
        List<BufferedImage> pictures = new ArrayList<>();
        for (String base64 : Pattern.compile("data:image/jpeg;base64,([^\"]+)").matcher(html).results().map(m -> m.group(1))
                .toList()) {
            pictures.add(ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(base64))));
        }
        return pictures;
    }

    private static int red(BufferedImage image) {
        return image.getRGB(image.getWidth() / 2, image.getHeight() / 2) >> 16 & 0xFF;
    }

    /** Nothing is fetched from anywhere. */
    @Test
    void nothingIsFetched() throws IOException {
        String html = page(3, new Model("m", 0.01, 0.02));
        assertFalse(Pattern.compile("(src|href)=\"(?!data:|#)").matcher(html).find());
        assertFalse(html.contains("http://") || html.contains("https://"), "no address");
    }

    @Test
    void errorsByDepth() {
        DepthCurve curve = new DepthCurve(Space.DEPTH);
        assertTrue(curve.isEmpty());
        curve.add(scored(new float[] {0.5f, 0.5f, 0, 9}, new float[] {1, 0.5f, 7, 12}));
        assertEquals(16.0 / 40, curve.edges()[1], 1e-15, "doubled from 1 to 16");
        assertEquals(23, curve.relative().length, "up to 9 m");
        assertEquals(0.5, curve.relative()[1]);
        assertEquals(0.25, curve.absolute()[1]);
        assertEquals(1 / 3.0, curve.relative()[22], 1e-15);
        assertEquals(200 / 3.0, curve.shares()[1], 1e-12);
        assertTrue(Double.isNaN(curve.relative()[5]));
        curve.add(scored(new float[] {9}, new float[] {Float.NaN}));
        assertEquals(3, curve.absolute()[22], "what is no number is left out");
        DepthCurve disparity = new DepthCurve(Space.DISPARITY);
        disparity.add(scored(new float[] {0.25f}, new float[] {0.5f}));
        assertEquals(4 / 8.0, disparity.edges()[disparity.edges().length - 2] / 8, 1e-12, "a disparity of 1/4 is 4 m away");
    }

    private static Scored scored(float[] truth, float[] prediction) {
        return new Scored(truth.length, 1, truth, prediction,
                Optional.empty(), 0, Optional.empty(), Optional.empty());
    }
}
