package dev.fathom.tools.report.run;

import dev.fathom.models.image.Palette;
import dev.fathom.tools.report.Piece;
import dev.fathom.tools.report.PictureStrip;
import dev.fathom.training.metrics.DepthMetric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** The pictures of a page: samples through time, and the images an epoch did worst and best on. */
final class RunPictures {
    /** Epochs shown of each sample at most. */
    static final int MOST_EPOCHS = 8;

    private final RunHistory run;
    private final Tiles tiles;

    RunPictures(RunHistory run, Tiles tiles) {
        this.run = run;
        this.tiles = tiles;
    }

    /** One strip a sample: photo over truth, then prediction over error for each epoch. */
    List<Piece> throughTime() {
        List<Piece> strips = new ArrayList<>();
        int best = run.best() == null ? -1 : run.best().epoch();
        for (PanelIndex.Sample sample : run.panels().samples()) {
            PictureStrip strip = strip(run.image(sample.name()), "", sample.high());
            strip.column("photo and truth", "", tiles.of(sample.image()), tiles.of(sample.truth()), false);
            for (PanelIndex.Moment moment : chosen(sample.epochs(), best)) {
                strip.column("epoch " + (moment.epoch() + 1) + (moment.epoch() == best ? ", best" : ""),
                        metric(moment.metrics()), tiles.of(moment.prediction()), tiles.of(moment.error()),
                        moment.epoch() == best);
            }
            strips.add(strip);
        }
        return strips;
    }

    /** The first, the best, the last epoch and others evenly between, in order. */
    static List<PanelIndex.Moment> chosen(List<PanelIndex.Moment> moments, int best) {
        if (moments.size() <= MOST_EPOCHS) {
            return moments;
        }
        TreeSet<Integer> places = new TreeSet<>();
        for (int i = 0; i < MOST_EPOCHS - 1; i++) {
            places.add((int) Math.round(i * (moments.size() - 1.0) / (MOST_EPOCHS - 2)));
        }
        for (int i = 0; i < moments.size(); i++) {
            if (moments.get(i).epoch() == best) {
                places.add(i);
            }
        }
        return places.stream().map(moments::get).toList();
    }

    /** One strip an image: photo, truth, prediction, error. */
    List<Piece> extremes(List<PanelIndex.Extreme> extremes) {
        List<Piece> strips = new ArrayList<>();
        for (PanelIndex.Extreme extreme : extremes) {
            strips.add(strip(run.image(extreme.name()), numbers(extreme.metrics()), extreme.high())
                    .column("photo", "", tiles.of(extreme.image()), null, false)
                    .column("truth", "", tiles.of(extreme.truth()), null, false)
                    .column("prediction", "", tiles.of(extreme.prediction()), null, false)
                    .column("error", "", tiles.of(extreme.error()), null, false));
        }
        return strips;
    }

    /** A strip with the bars that say what its colours mean. */
    PictureStrip strip(String name, String note, double high) {
        PictureStrip strip = new PictureStrip(name, note);
        PanelIndex panels = run.panels();
        if (Double.isFinite(high) && known(panels.palette())) {
            strip.bar("depth", Palette.named(panels.palette()), "0", String.format(Locale.ROOT, "%.1f m", high));
        }
        if (Double.isFinite(panels.errorHigh()) && known(panels.errorPalette())) {
            strip.bar("error", Palette.named(panels.errorPalette()), "0", String.format(Locale.ROOT, "%.0f %%",
                    100 * panels.errorHigh()));
        }
        return strip;
    }

    private static boolean known(String palette) {
        return Palette.names().contains(palette.replaceFirst("_r$", ""));
    }

    private String metric(Map<DepthMetric, Double> metrics) {
        Double value = metrics.get(run.metric());
        return value == null || !Double.isFinite(value) ? "" : String.format(Locale.ROOT, "%s %.3f", run.metric().key(), value);
    }

    private static String numbers(Map<DepthMetric, Double> metrics) {
        StringBuilder text = new StringBuilder();
        for (DepthMetric metric : List.of(DepthMetric.ABS_REL, DepthMetric.RMSE, DepthMetric.D1)) {
            if (Double.isFinite(metrics.getOrDefault(metric, Double.NaN))) {
                text.append(text.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, "%s %.3f", metric.key(),
                        metrics.get(metric)));
            }
        }
        return text.toString();
    }

    /** One picture for a comparison: of a sample by name, at the run's best epoch, or at its last if that is not drawn. */
    static PanelIndex.Moment atBest(RunHistory run, PanelIndex.Sample sample) {
        int best = run.best() == null ? -1 : run.best().epoch();
        return sample.epochs().stream().filter(m -> m.epoch() == best).findFirst()
                .orElse(sample.epochs().isEmpty() ? null : sample.epochs().getLast());
    }
}
