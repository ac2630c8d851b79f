package dev.fathom.tools.report.run;

import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.report.HtmlPage;
import dev.fathom.tools.report.LineChart;
import dev.fathom.tools.report.MetricTable;
import dev.fathom.tools.report.Piece;
import dev.fathom.tools.report.Pieces;
import dev.fathom.tools.report.Pieces.Note;
import dev.fathom.tools.report.PictureStrip;
import dev.fathom.training.metrics.DepthMetric;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The page of several runs: who is best, curves over each other, what was set differently, the same samples side by
 * side.
 */
public final class Comparison {
    /** Its name where no other is given. */
    public static final String FILE = "comparison.html";

    private final List<RunHistory> runs;
    private final List<String> names;
    /** What the runs were judged by, or abs_rel if that was not the same for all. */
    private final DepthMetric metric;
    private final List<Integer> order;

    private Comparison(List<RunHistory> runs) {
        this.runs = List.copyOf(runs);
        this.names = RunNames.of(runs.stream().map(RunHistory::folder).toList());
        List<DepthMetric> judges = runs.stream().map(RunHistory::metric).distinct().toList();
        this.metric = judges.size() == 1 ? judges.getFirst() : DepthMetric.ABS_REL;
        this.order = IntStream.range(0, runs.size()).boxed().sorted(Comparator.comparingDouble(
                i -> runs.get(i).best() == null ? Double.POSITIVE_INFINITY
                : metric.higherIsBetter() ? -value(runs.get(i)) : value(runs.get(i)))).toList();
    }

    /** The page of two or more runs, in the order given. */
    public static HtmlPage of(List<RunHistory> runs) {
        return new Comparison(runs).page();
    }

    /** The value of a run's best epoch; NaN if it has none. */
    private double value(RunHistory run) {
        return run.best() == null ? Double.NaN : run.best().get(metric.key());
    }

    private HtmlPage page() {
        HtmlPage page = new HtmlPage(runs.size() + " runs compared").lead(lead());
        List<Piece> result = new ArrayList<>();
        List<Note> notes = notes();
        if (!notes.isEmpty()) {
            result.add(Pieces.notes(notes));
        }
        result.add(overview());
        result.add(table());
        page.section("Result", result);
        page.section("Curves", Pieces.charts(curves()), Pieces.smallCharts(measures()));
        settings(page);
        List<Piece> images = imageByImage();
        if (!images.isEmpty()) {
            page.section("Image by image", images);
        }
        List<Piece> strips = samples();
        if (!strips.isEmpty()) {
            page.section("The same samples", strips);
        }
        return page.footer(RunReport.footer());
    }

    private String lead() {
        RunHistory best = runs.get(order.getFirst());
        if (best.best() == null) {
            return "No run has finished an epoch yet.";
        }
        String first = String.format(Locale.ROOT, "Best %s: %s with %.4f in epoch %d.", metric.key(),
                names.get(order.getFirst()), value(best), best.best().epoch() + 1);
        RunHistory second = runs.get(order.get(1));
        return second.best() == null ? first : first + String.format(Locale.ROOT, " Next: %s with %.4f, %+.1f %%.",
                names.get(order.get(1)), value(second), 100 * (value(second) / value(best) - 1));
    }

    /** What makes numbers of these runs not comparable, and what each page alone would say in red. */
    private List<Note> notes() {
        List<Note> notes = new ArrayList<>();
        differing("data validation fingerprint").ifPresent(x -> notes.add(new Note("The runs were validated on different"
                + " data, so their numbers cannot be compared: see the fingerprints below.", true)));
        for (String setting : List.of("max-depth", "min-depth")) {
            if (runs.stream().map(r -> r.facts().settings().get(setting)).filter(Objects::nonNull).distinct()
                    .count() > 1) {
                notes.add(new Note("The runs differ in --" + setting + ", so they were measured on different pixels.",
                        true));
            }
        }
        for (int i = 0; i < runs.size(); i++) {
            for (Note note : RunNotes.of(runs.get(i))) {
                notes.add(new Note(names.get(i) + ": " + note.text(), note.heavy()));
            }
        }
        return notes;
    }

    private Optional<String> differing(String fact) {
        List<String> values = runs.stream().map(r -> r.facts().about().get(fact)).filter(Objects::nonNull).distinct()
                .toList();
        return values.size() > 1 ? Optional.of(fact) : Optional.empty();
    }

    private Piece overview() {
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            RunHistory run = runs.get(i);
            rows.add(List.of(names.get(i), run.best() == null ? "–" : Integer.toString(run.best().epoch() + 1),
                    run.epochsDone() + (run.epochsPlanned() < 0 ? "" : " of " + run.epochsPlanned()),
                    run.steps().step() > 0 ? String.format(Locale.ROOT, "%,d", run.steps().step()) : "–",
                    Durations.words(RunTimes.total(run)), Verdict.of(run).trend().words()));
        }
        return Pieces.table(List.of("run", "best epoch", "epochs", "steps", "time", "trend"), rows);
    }

    /** Every measure at each run's best epoch. */
    private Piece table() {
        MetricTable table = new MetricTable(names);
        for (DepthMetric m : DepthMetric.values()) {
            table.row(m.key(), m.description(), m.higherIsBetter(), runs.stream()
                    .mapToDouble(r -> r.best() == null ? Double.NaN : r.best().get(m.key())).toArray());
        }
        return table;
    }

    private List<LineChart> curves() {
        List<LineChart> charts = new ArrayList<>();
        charts.add(byEpoch("Validation " + metric.key(), metric.key()));
        LineChart loss = new LineChart("Training loss", "step", "loss").fromZero();
        LineChart rate = new LineChart("Learning rate of the encoder", "step", "rate").fromZero();
        LineChart norm = new LineChart("Gradient norm", "step", "L2").logarithmic();
        for (int i = 0; i < runs.size(); i++) {
            StepHistory steps = runs.get(i).steps();
            loss.line(names.get(i), steps.loss().x(), steps.loss().smoothed(), i);
            rate.line(names.get(i), steps.rate().x(), steps.rate().means(), i);
            norm.line(names.get(i), steps.gradNorm().x(), steps.gradNorm().smoothed(), i);
        }
        boolean steps = runs.stream().anyMatch(r -> r.steps().lines() > 0);
        charts.add(steps ? loss : byEpoch("Training loss", "train_loss"));
        if (steps) {
            charts.add(rate);
        }
        if (runs.stream().anyMatch(r -> r.steps().gradNorm().count() > 0)) {
            charts.add(norm);
        }
        return charts;
    }

    private LineChart byEpoch(String title, String key) {
        LineChart chart = new LineChart(title, "epoch", "").fromZero();
        for (int i = 0; i < runs.size(); i++) {
            chart.line(names.get(i), runs.get(i).epochs().numbers(), runs.get(i).epochs().values(key), i);
        }
        return chart;
    }

    private List<LineChart> measures() {
        List<LineChart> charts = new ArrayList<>();
        for (DepthMetric m : DepthMetric.values()) {
            if (m != metric) {
                LineChart chart = new LineChart(m.key() + (m.higherIsBetter() ? " ↑" : " ↓"), "epoch", "")
                        .withoutLegend();
                for (int i = 0; i < runs.size(); i++) {
                    chart.line(names.get(i), runs.get(i).epochs().numbers(), runs.get(i).epochs()
                            .values(m.key()), i);
                }
                charts.add(chart);
            }
        }
        return charts;
    }

    private void settings(HtmlPage page) {
        List<Piece> pieces = new ArrayList<>();
        List<List<String>> settings = RunNames.differences(runs.stream().map(r -> r.facts().settings()).toList());
        pieces.add(settings.isEmpty() ? Pieces.text("Nothing: the runs have the same settings.")
                : Pieces.words(heads("setting"), settings));
        List<List<String>> about = RunNames.differences(runs.stream().map(r -> r.facts().about()).toList());
        if (!about.isEmpty()) {
            pieces.add(Pieces.words(heads("circumstance"), about));
        }
        page.section("What differs", pieces);
    }

    private List<String> heads(String first) {
        List<String> heads = new ArrayList<>(List.of(first));
        heads.addAll(names);
        return heads;
    }

    /** Each run against the best one, on the images both have measured at their best epochs. */
    private List<Piece> imageByImage() {
        RunHistory best = runs.get(order.getFirst());
        String bestName = names.get(order.getFirst());
        List<List<String>> rows = new ArrayList<>();
        for (int i : order.subList(1, order.size())) {
            if (best.metric() != metric || runs.get(i).metric() != metric) {
                continue;
            }
            Map<String, Double> theirs = images(runs.get(i));
            List<double[]> pairs = new ArrayList<>();
            images(best).forEach((image, value) -> {
                if (theirs.containsKey(image)) {
                    pairs.add(new double[] {value, theirs.get(image)});
                }
            });
            if (!pairs.isEmpty()) {
                long won = pairs.stream().filter(p -> metric.better(p[0], p[1])).count();
                double[] gaps = pairs.stream().mapToDouble(p -> p[1] - p[0]).sorted().toArray();
                rows.add(List.of(names.get(i), String.format(Locale.ROOT, "%,d", pairs.size()), String.format(
                        Locale.ROOT, "%,d (%.0f %%)", won, 100.0 * won / pairs.size()), String.format(Locale.ROOT,
                        "%+.4f", gaps[gaps.length / 2])));
            }
        }
        return rows.isEmpty() ? List.of() : List.of(Pieces.text("How often " + bestName + ", the best by the mean, is"
                + " also better on the single image, at the best epoch of each."), Pieces.table(List.of("against",
                "images of both", bestName + " is better on", "median difference in " + metric.key()), rows));
    }

    /** abs_rel of each image at a run's best epoch, by its name within the validation set. */
    private static Map<String, Double> images(RunHistory run) {
        Map<String, Double> images = new HashMap<>();
        run.samples().ofBestEpoch().forEach((name, value) -> images.put(run.image(name), value));
        return images;
    }

    /** Samples that two runs or more have drawn. */
    private List<Piece> samples() {
        Tiles tiles = new Tiles(RunReport.TILE);
        List<Piece> strips = new ArrayList<>();
        List<String> drawn = runs.stream().flatMap(r -> r.panels().samples().stream().map(s -> r.image(s.name())))
                .distinct().toList();
        for (String name : drawn) {
            List<Integer> with = IntStream.range(0, runs.size()).filter(i -> sample(i, name) != null
                    && RunPictures.atBest(runs.get(i), sample(i, name)) != null).boxed().toList();
            if (with.size() < 2) {
                continue;
            }
            PanelIndex.Sample first = sample(with.getFirst(), name);
            PictureStrip strip = new RunPictures(runs.get(with.getFirst()), tiles).strip(name, "", first.high());
            strip.column("photo and truth", "", tiles.of(first.image()), tiles.of(first.truth()), false);
            for (int i : with) {
                PanelIndex.Moment moment = RunPictures.atBest(runs.get(i), sample(i, name));
                Double value = moment.metrics().get(metric);
                boolean otherColours = sample(i, name).high() != first.high();
                strip.column(names.get(i), "epoch " + (moment.epoch() + 1) + (value == null || !Double.isFinite(value) ? "" : String.format(
                        Locale.ROOT, ", %s %.3f", metric.key(), value)) + (otherColours ? String.format(Locale.ROOT,
                        ", colours to %.1f m", sample(i, name).high()) : ""), tiles.of(moment.prediction()),
                        tiles.of(moment.error()), i == order.getFirst());
            }
            strips.add(strip);
        }
        if (!strips.isEmpty()) {
            strips.addFirst(Pieces.text("Prediction above, relative error below, each run at its best epoch."));
        }
        return strips;
    }

    private PanelIndex.Sample sample(int run, String name) {
        return runs.get(run).panels().samples().stream().filter(s -> runs.get(run).image(s.name()).equals(name))
                .findFirst().orElse(null);
    }
}
