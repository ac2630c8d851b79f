package dev.fathom.tools.evaluate.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fathom.tools.report.Piece;
import dev.fathom.training.metrics.Measure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntFunction;

/** All images with every measure, as a table that the reader sorts and filters: the numbers as JSON, and a script. */
final class ImageTable implements Piece {
    private static final String SCRIPT = resource("image-table.js");
    /** As many digits as float32 has: more say nothing and make the page long. */
    private static final int DIGITS = 7;

    private final List<Candidate> candidates;
    private final int folder;
    private final IntFunction<String> anchor;
    private final String counted;

    /**
     * @param folder how many characters of each name all have in common
     * @param anchor where on the page an image is shown, null if it is not
     * @param counted what is counted of each image
     */
    ImageTable(List<Candidate> candidates, int folder, IntFunction<String> anchor, String counted) {
        this.candidates = candidates;
        this.folder = folder;
        this.anchor = anchor;
        this.counted = counted;
    }

    @Override
    public void appendTo(StringBuilder html) {
        html.append("<noscript><p>This table needs JavaScript; per_sample_metrics.csv has the same numbers.</p></noscript>\n")
                .append("<div id=\"image-table\" hidden>\n<p class=\"tools\"><label>Show <select></select></label>")
                .append("<span class=\"count\" role=\"status\"></span>")
                .append("<button type=\"button\" class=\"reset\">reset</button></p>\n")
                .append("<div class=\"scroll\"><table class=\"images\"><thead></thead><tbody></tbody><tfoot></tfoot>")
                .append("</table></div>\n<p><button type=\"button\" class=\"more\" hidden></button></p>\n</div>\n")
                .append("<script type=\"application/json\" id=\"image-table-data\">").append(json()).append("</script>\n")
                .append("<script>\n").append(SCRIPT).append("</script>\n");
    }

    private String json() {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        List<Measure> measures = candidates.getFirst().measures();
        ArrayNode described = root.putArray("measures");
        for (Measure measure : measures) {
            described.addObject().put("key", measure.key()).put("title", measure.description())
                    .put("higher", measure.higherIsBetter());
        }
        root.put("counted", counted);
        ArrayNode names = root.putArray("models");
        candidates.forEach(candidate -> names.add(candidate.name()));
        ArrayNode images = root.putArray("images");
        for (int row = 0; row < candidates.getFirst().images().size(); row++) {
            image(images.addObject(), measures, row);
        }
        try {
            // '<' could end the script's element.
            return mapper.writeValueAsString(root).replace("<", "\\u003c");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("numbers and strings cannot fail to become JSON", e);
        }
    }

    private void image(ObjectNode node, List<Measure> measures, int row) {
        ImageScores first = candidates.getFirst().images().get(row);
        node.put("index", first.index()).put("name", first.name().substring(folder)).put("pixels", first.pixels());
        node.put("sample", anchor.apply(row));
        ArrayNode models = node.putArray("values");
        for (Candidate candidate : candidates) {
            ImageScores image = candidate.images().get(row);
            image.skipped().ifPresent(why -> node.put("skipped", why));
            if (image.values().isEmpty()) {
                models.addNull();
            } else {
                ArrayNode values = models.addArray();
                measures.forEach(measure -> number(values, image.get(measure)));
            }
        }
    }

    private static void number(ArrayNode values, double value) {
        if (Double.isNaN(value)) {
            values.addNull();
        } else if (Double.isInfinite(value)) {
            values.add(value > 0 ? "inf" : "-inf");
        } else {
            values.add(new BigDecimal(value).round(new MathContext(DIGITS)));
        }
    }

    private static String resource(String name) {
        try (InputStream in = ImageTable.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
