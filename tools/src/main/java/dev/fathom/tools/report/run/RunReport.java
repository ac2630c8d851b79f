package dev.fathom.tools.report.run;

import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.report.HtmlPage;
import dev.fathom.tools.report.LineChart;
import dev.fathom.tools.report.MetricTable;
import dev.fathom.tools.report.Piece;
import dev.fathom.tools.report.Pieces;
import dev.fathom.tools.report.Pieces.Fact;
import dev.fathom.training.metrics.DepthMetric;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The page of one run: the verdict in words, curves, pictures, then what it was made under.
 *
 * <pre>{@code
 * RunReport.of(RunHistory.open(folder)).save(folder.resolve(RunReport.FILE));
 * }</pre>
 */
public final class RunReport {
    /** Measures in tables that have no room for all. */
    private static final List<DepthMetric> SHOWN = List.of(DepthMetric.ABS_REL, DepthMetric.RMSE, DepthMetric.D1,
            DepthMetric.SILOG_DAV2);

    /** Its name in the run's folder. */
    public static final String FILE = "report.html";
    /** Pictures are brought down to this width, in pixels. */
    static final int TILE = 240;

    private final RunHistory run;
    private final RunCharts charts;
    private final RunPictures pictures;

    private RunReport(RunHistory run, Tiles tiles) {
        this.run = run;
        this.charts = new RunCharts(run);
        this.pictures = new RunPictures(run, tiles);
    }

    /** The page of a run as it is now. */
    public static HtmlPage of(RunHistory run) {
        return of(run, new Tiles(TILE));
    }

    static HtmlPage of(RunHistory run, Tiles tiles) {
        return new RunReport(run, tiles).page();
    }

    /** The verdict on a run in one line, for the console. */
    public static String words(RunHistory run) {
        Verdict verdict = Verdict.of(run);
        return run.name() + ": " + verdict.headline() + " " + verdict.detail();
    }

    private HtmlPage page() {
        Verdict verdict = Verdict.of(run);
        HtmlPage page = new HtmlPage(run.name()).lead(verdict.headline() + " " + verdict.detail())
                .section("Where it stands", standing(verdict));
        List<LineChart> training = charts.training();
        if (!training.isEmpty()) {
            page.section("Training", Pieces.charts(training));
        }
        if (!run.epochs().isEmpty()) {
            List<Piece> validation = new ArrayList<>(List.of(table()));
            bySet(validation);
            validation.add(Pieces.smallCharts(charts.measures()));
            page.section("Validation", validation);
        }
        samples(page);
        List<LineChart> byDepth = charts.byDepth();
        if (!byDepth.isEmpty()) {
            page.section("Error by depth", Pieces.text("Over all valid pixels of the validation set, in ranges of the"
                    + " true depth. Few pixels in a range make its error uncertain."), Pieces.smallCharts(byDepth));
        }
        List<Piece> cost = new ArrayList<>(RunTimes.of(run));
        List<LineChart> machine = charts.machine();
        if (!machine.isEmpty()) {
            cost.add(Pieces.smallCharts(machine));
        }
        if (!cost.isEmpty()) {
            page.section("Time and memory", cost);
        }
        details(page);
        return page.footer(footer());
    }

    static String footer() {
        return Version.line() + ", written " + Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()
                .replace("T", " ").replace("Z", " UTC");
    }

    private List<Piece> standing(Verdict verdict) {
        List<Fact> facts = new ArrayList<>();
        DepthMetric metric = run.metric();
        EpochHistory.Epoch best = run.best();
        if (best != null) {
            facts.add(new Fact(String.format(Locale.ROOT, "%.4f", best.get(metric.key())), "best " + metric.key(),
                    "epoch " + (best.epoch() + 1)));
            facts.add(new Fact(String.format(Locale.ROOT, "%.1f %%", 100 * best.get("d1")), "within 1.25 x (d1)",
                    "in the same epoch"));
        }
        facts.add(new Fact(verdict.trend().words(), "trend", best == null ? "" : "of the validation"));
        int planned = run.epochsPlanned();
        facts.add(new Fact(run.epochsDone() + (planned < 0 ? "" : " of " + planned), "epochs done",
                run.steps().step() > 0 ? String.format(Locale.ROOT, "%,d steps", run.steps().step()) : ""));
        double seconds = RunTimes.total(run);
        if (seconds > 0) {
            facts.add(new Fact(Durations.words(seconds), "of training", ""));
        }
        List<Piece> pieces = new ArrayList<>();
        pieces.add(Pieces.facts(facts));
        List<Pieces.Note> notes = RunNotes.of(run);
        if (!notes.isEmpty()) {
            pieces.add(Pieces.notes(notes));
        }
        return pieces;
    }

    /** The best epoch beside the first and the last. */
    private Piece table() {
        Map<String, EpochHistory.Epoch> columns = new LinkedHashMap<>();
        List<EpochHistory.Epoch> all = run.epochs().all();
        columns.put("epoch " + (all.getFirst().epoch() + 1), all.getFirst());
        if (run.best() != null) {
            columns.remove("epoch " + (run.best().epoch() + 1));
            columns.put("epoch " + (run.best().epoch() + 1) + ", best", run.best());
        }
        if (run.best() == null || run.best().epoch() != all.getLast().epoch()) {
            columns.put("epoch " + (all.getLast().epoch() + 1) + (all.size() > 1 ? ", last" : ""), all.getLast());
        }
        MetricTable table = new MetricTable(List.copyOf(columns.keySet()));
        for (DepthMetric metric : DepthMetric.values()) {
            table.row(metric.key(), metric.description(), metric.higherIsBetter(), columns.values().stream()
                    .mapToDouble(e -> e.get(metric.key())).toArray());
        }
        return table;
    }

    /** Each validation set by itself, where there are several. */
    private void bySet(List<Piece> pieces) {
        EpochHistory.Epoch epoch = run.best() != null ? run.best() : run.epochs().last();
        if (epoch.bySet().isEmpty()) {
            return;
        }
        List<List<String>> rows = new ArrayList<>();
        epoch.bySet().forEach((name, numbers) -> {
            List<String> row = new ArrayList<>(List.of(name, String.format(Locale.ROOT, "%.0f",
                    numbers.getOrDefault("images", Double.NaN))));
            SHOWN.forEach(m -> row.add(String.format(Locale.ROOT, "%.4f", numbers.getOrDefault(m.key(), Double.NaN))));
            rows.add(row);
        });
        pieces.add(Pieces.text("Epoch " + (epoch.epoch() + 1) + " on each validation set; the numbers above are of all"
                + " their images together."));
        pieces.add(Pieces.table(heads("data set", "images"), rows));
    }

    private static List<String> heads(String... first) {
        List<String> heads = new ArrayList<>(List.of(first));
        SHOWN.forEach(m -> heads.add(m.key()));
        return heads;
    }

    private void samples(HtmlPage page) {
        List<Piece> through = pictures.throughTime();
        if (!through.isEmpty()) {
            through.addFirst(Pieces.text("The same validation samples after each epoch: prediction above, relative error"
                    + " below. Colours mean the same in all epochs."));
            page.section("Samples through time", through);
        }
        List<Piece> extremes = new ArrayList<>();
        PanelIndex panels = run.panels();
        if (!panels.worst().isEmpty()) {
            int epoch = panels.worst().getFirst().epoch() + 1;
            extremes.add(Pieces.beside(List.of(
                    Pieces.group("Worst of epoch " + epoch, pictures.extremes(panels.worst())),
                    Pieces.group("Best of epoch " + epoch, pictures.extremes(panels.best())))));
        }
        SampleHistory.Extremes ranked = run.best() == null ? null : run.samples().of(run.best().epoch());
        if (ranked != null) {
            int epoch = run.best().epoch() + 1;
            extremes.add(Pieces.beside(List.of(
                    Pieces.group("Worst of the best epoch, " + epoch, List.of(ranking(ranked.worst()))),
                    Pieces.group("Best of the best epoch, " + epoch, List.of(ranking(ranked.best()))))));
            extremes.add(Pieces.text(spread()));
        }
        if (!extremes.isEmpty()) {
            page.section("Worst and best samples", extremes);
        }
    }

    private Piece ranking(List<SampleHistory.Sample> samples) {
        List<List<String>> rows = new ArrayList<>();
        for (SampleHistory.Sample sample : samples) {
            List<String> row = new ArrayList<>(List.of(run.image(sample.name())));
            SHOWN.forEach(m -> row.add(String.format(Locale.ROOT, "%.3f", sample.get(m))));
            rows.add(row);
        }
        return Pieces.table(heads("image"), rows);
    }

    /** How one measure spreads over the images of the best epoch. */
    private String spread() {
        double[] values = run.samples().ofBestEpoch().values().stream().mapToDouble(Double::doubleValue).sorted()
                .toArray();
        return values.length == 0 ? "" : String.format(Locale.ROOT, "Over the %,d images of the best epoch, %s is %.3f"
                + " in the middle; a tenth of them lie below %.3f, a tenth above %.3f.", values.length,
                run.metric().key(), at(values, 0.5), at(values, 0.1), at(values, 0.9));
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.round(share * (sorted.length - 1))];
    }

    private void details(HtmlPage page) {
        Map<String, String> about = new LinkedHashMap<>(run.facts().about());
        about.put("folder", run.folder().toAbsolutePath().normalize().toString());
        if (!run.facts().settings().isEmpty()) {
            page.details("Configuration", Pieces.text("config.yaml: 'tools/fathom train --config FILE --outdir FOLDER'"
                    + " repeats the run to the bit."), Pieces.pairs(run.facts().settings()));
        }
        page.details("Environment, data and weights", Pieces.pairs(about));
    }
}
