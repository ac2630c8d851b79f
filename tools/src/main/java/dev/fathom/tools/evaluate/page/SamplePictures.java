package dev.fathom.tools.evaluate.page;

import dev.fathom.models.image.Picture;
import dev.fathom.tools.panels.PanelCells;
import dev.fathom.tools.report.EmbeddedImage;
import dev.fathom.tools.report.PictureStrip;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.scoring.Scored;
import dev.fathom.training.metrics.Measure;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Pictures of a few images: the photo, the truth, and of each candidate its prediction and its error. The images are
 * predicted once more, when it is known which they are: a handful, instead of keeping the maps of all.
 */
public final class SamplePictures {
    private static final double QUALITY = 0.87;

    /** One image's pictures; a prediction and an error a candidate. */
    private record Cells(EmbeddedImage photo, EmbeddedImage truth, List<EmbeddedImage> predictions,
            List<EmbeddedImage> errors, double high) {
    }

    private final SampleChoice choice;
    private final List<Candidate> candidates;
    private final Measure measure;
    private final Space space;
    private final Map<Integer, Cells> cells = new LinkedHashMap<>();

    private SamplePictures(SampleChoice choice, List<Candidate> candidates, Measure measure, Space space) {
        this.choice = choice;
        this.candidates = candidates;
        this.measure = measure;
        this.space = space;
    }

    /**
     * Chooses images and draws them.
     *
     * @param measure by which they are chosen
     * @param sources of the candidates, in their order
     */
    public static SamplePictures draw(List<Candidate> candidates, Measure measure, EvaluationOptions options,
            List<? extends PredictionSource> sources, DepthDataset data) {
        SamplePictures pictures = new SamplePictures(SampleChoice.of(candidates, measure), candidates, measure,
                options.protocol().space());
        List<Integer> rows = pictures.choice.rows();
        int[] indexes = rows.stream().mapToInt(row -> candidates.getFirst().images().get(row).index()).toArray();
        FewSamples few = new FewSamples(data, indexes);
        new Evaluator(options).run(few.sources(sources), few, (source, result, sample, scored) -> {
            pictures.add(rows.get(result.index()), sample, scored);
            return true;
        });
        return pictures;
    }

    private void add(int row, DepthSample sample, Scored scored) {
        Picture picture = sample.picture();
        PanelCells drawn = PanelCells.of(picture, scored.truth(), scored.prediction(), scored.width(), scored.height());
        Cells images = cells.computeIfAbsent(row, r -> new Cells(encoded(drawn.image()), encoded(drawn.truth()),
                new ArrayList<>(), new ArrayList<>(), drawn.high()));
        images.predictions.add(encoded(drawn.prediction()));
        images.errors.add(encoded(drawn.error()));
    }

    private static EmbeddedImage encoded(BufferedImage image) {
        return EmbeddedImage.jpeg(image, QUALITY);
    }

    /** Rows of the images by heading. */
    Map<String, List<Integer>> groups() {
        return choice.groups();
    }

    /** The fragment of a page's address where an image's pictures are; null if it has none. */
    String anchor(int row) {
        return cells.containsKey(row) ? "sample-" + row : null;
    }

    /** One image; {@code name} as it is called on the page. */
    PictureStrip strip(int row, String name) {
        Cells images = cells.get(row);
        boolean one = candidates.size() == 1;
        PictureStrip strip = new PictureStrip(name, one ? note(candidates.getFirst(), row) : "");
        strip.column(one ? "image" : "image, truth", "", images.photo, one ? null : images.truth, false);
        if (one) {
            strip.column("truth", "", images.truth, null, false)
                    .column("prediction", "", images.predictions.getFirst(), null, false)
                    .column("relative error", "", images.errors.getFirst(), null, false);
        } else {
            for (int c = 0; c < candidates.size(); c++) {
                strip.column(candidates.get(c).name(), note(candidates.get(c), row), images.predictions.get(c),
                        images.errors.get(c), false);
            }
        }
        String unit = space == Space.DEPTH ? " m" : " 1/m";
        return strip.bar(space.toString(), PanelCells.DEPTH, "0", String.format(Locale.ROOT, "%.3g%s", images.high, unit))
                .bar("error", PanelCells.ERROR, "0", String.format(Locale.ROOT, "%.0f %%", 100 * PanelCells.ERROR_HIGH));
    }

    private String note(Candidate candidate, int row) {
        return String.format(Locale.ROOT, "%s %.4f", measure.key(), candidate.images().get(row).get(measure));
    }
}
