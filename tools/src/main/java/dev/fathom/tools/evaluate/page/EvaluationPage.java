package dev.fathom.tools.evaluate.page;

import dev.fathom.tools.report.CommonFolder;
import dev.fathom.tools.report.HtmlPage;
import dev.fathom.tools.report.LineChart;
import dev.fathom.tools.report.MetricTable;
import dev.fathom.tools.report.Piece;
import dev.fathom.tools.report.Pieces;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.evaluation.statistics.PairedComparison;
import dev.fathom.training.metrics.Measure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Puts the page together, section by section in the order of the calls.
 *
 * <pre>{@code
 * new EvaluationPage("Evaluation", "vits.pth on nyu-labeled", candidates)
 *     .result(notes).comparisons(bootstrap, comparisons).definition(protocol).spread(space).byDepth(curves, space)
 *     .images(pictures).save(file);
 * }</pre>
 */
public final class EvaluationPage {
    private final HtmlPage page;
    private final List<Candidate> candidates;
    private final String folder;

    /** @param candidates at least one; all with the same measures and images */
    public EvaluationPage(String title, String lead, List<Candidate> candidates) {
        this.page = new HtmlPage(title).lead(lead);
        this.candidates = List.copyOf(candidates);
        this.folder = CommonFolder.of(candidates.getFirst().images().stream().map(ImageScores::name).toList());
    }

    /**
     * Every measure of every candidate.
     *
     * @param notes what to know about them, a paragraph each
     */
    public EvaluationPage result(List<String> notes) {
        MetricTable table = new MetricTable(candidates.stream().map(Candidate::name).toList());
        for (Measure measure : candidates.getFirst().measures()) {
            List<Interval> values = candidates.stream().map(c -> c.overall().get(measure)).toList();
            table.row(measure.key(), measure.description(), measure.higherIsBetter(), values.stream()
                    .map(EvaluationPage::range).toList(), values.stream().mapToDouble(Interval::estimate).toArray());
        }
        List<Piece> pieces = new ArrayList<>(List.of(table));
        notes.forEach(note -> pieces.add(Pieces.text(note)));
        page.section("Result", pieces);
        return this;
    }

    private static String range(Interval value) {
        return Double.isNaN(value.low()) ? "" : String.format(Locale.ROOT, "%.4g to %.4g", value.low(), value.high());
    }

    /**
     * Of several candidates: one against the other, image by image; without any, there is no section.
     *
     * @param bootstrap how the intervals were made
     * @param comparisons by heading, {@code b against a}: a comparison a measure
     */
    public EvaluationPage comparisons(Bootstrap bootstrap, Map<String, List<PairedComparison>> comparisons) {
        List<Piece> pieces = new ArrayList<>();
        comparisons.forEach((heading, pairs) -> pieces.add(Pieces.group(heading, List.of(Pieces.table(List.of("measure",
                "difference", "interval", "better : worse on", "sign test p", "Wilcoxon p", "verdict"),
                pairs.stream().map(EvaluationPage::row).toList())))));
        if (!pieces.isEmpty()) {
            pieces.add(Pieces.text(String.format(Locale.ROOT, "The difference is the mean over images of one minus the"
                    + " other; its interval holds the true one with %.0f %% confidence if the images are a random sample"
                    + " (bootstrap, %s, %,d resamples). The tests ask how likely the images would fall so unevenly if the"
                    + " models were equal. Each answers for one measure.", 100 * bootstrap.level(), bootstrap.method(),
                    bootstrap.resamples())));
            page.section("One against the other", pieces);
        }
        return this;
    }

    private static List<String> row(PairedComparison pair) {
        Interval d = pair.difference();
        return List.of(pair.measure().key(), String.format(Locale.ROOT, "%+.4g", d.estimate()),
                Double.isNaN(d.low()) ? "–" : String.format(Locale.ROOT, "%+.4g to %+.4g", d.low(), d.high()),
                pair.wins() + " : " + pair.losses(), p(pair.signP()), p(pair.wilcoxonP()),
                !pair.isClear() ? "no clear difference" : pair.secondIsBetter() ? "better" : "worse");
    }

    private static String p(double p) {
        return Double.isNaN(p) ? "–" : p < 1e-4 ? String.format(Locale.ROOT, "%.0e", p) : String.format(Locale.ROOT,
                "%.4f", p);
    }

    /** What the numbers mean: every choice, by its name. */
    public EvaluationPage definition(Map<String, String> choices) {
        page.section("What was measured, and how", Pieces.pairs(choices));
        return this;
    }

    /** Any other section. */
    public EvaluationPage section(String heading, List<Piece> pieces) {
        page.section(heading, pieces);
        return this;
    }

    /** A histogram a measure, of what is compared in {@code space}. */
    public EvaluationPage spread(Space space) {
        List<LineChart> charts = Distributions.of(candidates, space);
        if (!charts.isEmpty()) {
            page.section("How the images spread", Pieces.smallCharts(charts));
        }
        return this;
    }

    /**
     * Errors by true depth.
     *
     * @param curves one a candidate
     */
    public EvaluationPage byDepth(List<DepthCurve> curves, Space space) {
        if (curves.stream().allMatch(DepthCurve::isEmpty)) {
            return this;
        }
        String unit = space == Space.DEPTH ? "m" : "1/m";
        LineChart relative = new LineChart("Relative error by true depth", "true depth, m", "mean |p - t| / t");
        LineChart absolute = new LineChart("Error by true depth", "true depth, m", "mean |p - t|, " + unit);
        for (int c = 0; c < curves.size(); c++) {
            DepthCurve curve = curves.get(c);
            if (curves.size() == 1) {
                relative.bars(candidates.get(c).name(), curve.edges(), curve.relative()).withoutLegend();
                absolute.bars(candidates.get(c).name(), curve.edges(), curve.absolute()).withoutLegend();
            } else {
                relative.line(candidates.get(c).name(), middles(curve.edges()), curve.relative(), c).fromZero();
                absolute.line(candidates.get(c).name(), middles(curve.edges()), curve.absolute(), c).fromZero();
            }
        }
        LineChart shares = new LineChart("Where the pixels are", "true depth, m", "% of pixels")
                .bars("pixels", curves.getFirst().edges(), curves.getFirst().shares()).withoutLegend();
        page.section("Error by depth", Pieces.charts(List.of(relative, absolute, shares)));
        return this;
    }

    private static double[] middles(double[] edges) {
        double[] middles = new double[edges.length - 1];
        for (int i = 0; i < middles.length; i++) {
            middles[i] = (edges[i] + edges[i + 1]) / 2;
        }
        return middles;
    }

    /** Pictures, and the table of all images, whose names lead to them. */
    public EvaluationPage images(SamplePictures pictures) {
        pictures.groups().forEach((heading, rows) -> {
            List<Piece> strips = new ArrayList<>();
            for (int row : rows) {
                strips.add(Pieces.at(pictures.anchor(row), pictures.strip(row, name(row))));
            }
            page.section(heading, strips);
        });
        return table(pictures::anchor, "pixels");
    }

    /**
     * The table alone, where there are no pictures.
     *
     * @param counted what is counted of each image: {@code pixels}
     */
    public EvaluationPage images(String counted) {
        return table(row -> null, counted);
    }

    private EvaluationPage table(IntFunction<String> anchor, String counted) {
        List<Piece> pieces = new ArrayList<>();
        pieces.add(Pieces.text("Click a heading to bring the worst images up, again for the best, again for the original"
                + " order. Write below a heading to filter: >0.1, <0.5, 0.1..0.5, part of a name."
                + (folder.isEmpty() ? "" : " All lie in " + folder)));
        pieces.add(new ImageTable(candidates, folder.length(), anchor, counted));
        page.section("All images", pieces);
        return this;
    }

    private String name(int row) {
        return candidates.getFirst().images().get(row).name().substring(folder.length());
    }

    /** The page's last line. */
    public EvaluationPage footer(String text) {
        page.footer(text);
        return this;
    }

    /** Writes it in one step. */
    public void save(Path file) {
        page.save(file);
    }
}
