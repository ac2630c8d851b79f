package dev.fathom.tools.data.doctor;

import dev.fathom.tools.cli.Version;
import dev.fathom.tools.report.DepthCells;
import dev.fathom.tools.report.EmbeddedImage;
import dev.fathom.tools.report.HtmlPage;
import dev.fathom.tools.report.LineChart;
import dev.fathom.tools.report.Piece;
import dev.fathom.tools.report.PictureStrip;
import dev.fathom.tools.report.Pieces;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.doctor.DepthPlaces;
import dev.fathom.training.data.doctor.Diagnosis;
import dev.fathom.training.data.doctor.Finding;
import dev.fathom.training.data.doctor.FrameFacts;
import dev.fathom.training.data.doctor.Kind;
import dev.fathom.training.data.doctor.SetFacts;
import dev.fathom.training.data.doctor.Severity;
import dev.fathom.training.data.doctor.ShiftSurface;
import dev.fathom.training.data.doctor.Strange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** A diagnosis as a page: findings with pictures, histograms, where depth is known, the strangest frames. */
public final class DoctorPage {
    private static final int BARS = 40;
    private static final int SHOWN = 4;
    private static final int NAMED = 12;
    private static final int MAP_WIDTH = 400;
    private static final int A_ROW = 5;

    private final Diagnosis diagnosis;
    private final SetFacts set;
    private final DoctorText text;
    private final FramePictures pictures;
    private final Map<Integer, FrameFacts> frames;

    /** @param data the set, to read the frames that are shown once more */
    public DoctorPage(Diagnosis diagnosis, DepthDataset data, DoctorText text) {
        this.diagnosis = diagnosis;
        this.set = diagnosis.set();
        this.text = text;
        this.pictures = new FramePictures(data);
        this.frames = set.frames().stream().collect(Collectors.toMap(FrameFacts::index, Function.identity()));
    }

    /** The page. */
    public HtmlPage page() {
        HtmlPage page = new HtmlPage("Data set checkup").lead(DoctorText.looked(set) + diagnosis.other()
                .map(other -> "; compared with " + DoctorText.looked(other)).orElse("") + ".");
        page.section("Result", Pieces.facts(List.of(fact(Severity.ERROR), fact(Severity.WARNING), fact(Severity.NOTE))),
                Pieces.pairs(DoctorText.seen(set)));
        List<Piece> findings = new ArrayList<>();
        diagnosis.findings().forEach(finding -> findings.add(Pieces.group(capital(finding.severity().key())
                + ": " + finding.kind().title(), about(finding))));
        page.section("Findings", diagnosis.findings().isEmpty() ? List.of(Pieces.text(DoctorText.verdict(diagnosis)))
                : findings);
        if (!set.frames().isEmpty()) {
            page.section("The strangest frames", strangest());
            page.section("How the frames are spread", Pieces.charts(charts()));
            page.section("Where depth is, and where it lies", maps());
        }
        return page.details("What was looked for", Pieces.notes(Arrays.stream(Kind.values())
                .filter(k -> k != Kind.LEAK || diagnosis.other().isPresent()).map(k -> new Pieces.Note(k.title(),
                false))
                .toList())).footer(Version.line());
    }

    private Pieces.Fact fact(Severity severity) {
        return new Pieces.Fact(Integer.toString(diagnosis.count(severity)), severity.key() + "s", switch (severity) {
            case ERROR -> "what is learnt or measured here would be wrong";
            case WARNING -> "somebody should look";
            case NOTE -> "good to know";
        });
    }

    private List<Piece> about(Finding finding) {
        List<Piece> pieces = new ArrayList<>(List.of(Pieces.notes(List.of(new Pieces.Note(finding.what(),
                finding.severity() != Severity.NOTE))), Pieces.text("Why: " + finding.why()), Pieces.text("What to do: "
                + finding.advice())));
        List<FrameFacts> shown = finding.frames().stream().map(f -> frames.get(f.index())).filter(f -> f != null)
                .limit(SHOWN).toList();
        if (!shown.isEmpty()) {
            Map<Integer, String> notes = finding.frames().stream().collect(Collectors.toMap(Finding.Frame::index,
                    f -> text.name(f.note()), (a, b) -> a));
            boolean contours = finding.kind() == Kind.MISALIGNED;
            PictureStrip strip = new PictureStrip(finding.frames().size() > SHOWN ? "The first " + shown.size()
                    : "Frames",
                    contours ? "depth's contours on the photo, as read and below as they fit best"
                    : "photo and depth; grey has no depth");
            for (FrameFacts frame : shown) {
                FramePictures.Shown seen = contours ? contours(frame, finding) : pictures.of(frame);
                strip.column(text.name(frame.name()), notes.get(frame.index()), seen == null ? null : seen.photo(),
                        seen == null ? null : seen.depth(), false);
            }
            pieces.add(strip);
        }
        if (finding.frames().size() > shown.size()) {
            pieces.add(Pieces.text("In " + finding.frames().stream().limit(NAMED).map(f -> text.name(f.name()))
                    .collect(Collectors.joining(", ")) + (finding.frames().size() > NAMED ? String.format(Locale.ROOT,
                    " and %,d more, all in doctor.json", finding.frames().size() - NAMED) : "") + "."));
        }
        return pieces;
    }

    private FramePictures.Shown contours(FrameFacts frame, Finding finding) {
        boolean whole = finding.frames().size() == set.frames().size();
        ShiftSurface.Best best = whole ? set.surface().best() : frame.shift();
        return pictures.contours(frame, best.dx(), best.dy());
    }

    private List<Piece> strangest() {
        List<Piece> strips = new ArrayList<>();
        strips.add(Pieces.text("Every set has its strangest frames; they need not be wrong."));
        for (int from = 0; from < diagnosis.strangest().size(); from += A_ROW) {
            int to = Math.min(from + A_ROW, diagnosis.strangest().size());
            PictureStrip strip = new PictureStrip((from + 1) + " to " + to, "photo and depth; grey has no depth")
                    .bar("depth", FramePictures.PALETTE, "0", "far for the frame");
            for (Strange strange : diagnosis.strangest().subList(from, to)) {
                FramePictures.Shown seen = pictures.of(strange.frame());
                strip.column(text.name(strange.frame().name()), text.name(strange.reason()), seen == null ? null
                        : seen.photo(), seen == null ? null : seen.depth(), false);
            }
            strips.add(strip);
        }
        return strips;
    }

    private static String capital(String word) {
        return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
    }

    private List<LineChart> charts() {
        List<LineChart> charts = new ArrayList<>();
        if (!set.bins().isEmpty()) {
            double high = set.bins().quantile(0.995);
            double[] shares = set.bins().shares(BARS, high);
            charts.add(new LineChart("Depth of all pixels", "metres", "share").bars("pixels", edges(0, high, BARS),
                    shares)
                    .withoutLegend());
            charts.add(histogram("Median depth of each frame", "metres", f -> f.hasDepth() ? f.depth().median()
                    : Double.NaN));
        }
        charts.add(histogram("Pixels without depth", "share of the frame", f -> 1 - f.depth().share()));
        charts.add(histogram("Brightness", "mean of the frame, 0 to 255", f -> f.picture().mean()));
        return charts;
    }

    private LineChart histogram(String title, String unit, ToDoubleFunction<FrameFacts> number) {
        double[] values = set.frames().stream().mapToDouble(number).filter(Double::isFinite).toArray();
        double low = Arrays.stream(values).min().orElse(0);
        double high = Arrays.stream(values).max().orElse(1);
        // A set of equal frames has a bar in the middle of something.
        double room = high > low ? 0 : Math.max(0.05, 0.05 * Math.abs(high));
        int bars = (int) Math.clamp(3 * Math.sqrt(values.length), 8, BARS);
        double[] edges = edges(low - room, high + room, bars);
        double[] counts = new double[bars];
        for (double value : values) {
            counts[(int) Math.clamp((value - edges[0]) / (edges[bars] - edges[0]) * bars, 0, bars - 1)]++;
        }
        return new LineChart(title, unit, "frames").bars("frames", edges, counts).withoutLegend();
    }

    private static double[] edges(double low, double high, int bars) {
        double[] edges = new double[bars + 1];
        Arrays.setAll(edges, i -> low + (high - low) * i / bars);
        return edges;
    }

    private List<Piece> maps() {
        double aspect = set.frames().getFirst().height() / (double) set.frames().getFirst().width();
        float[] known = set.places().known();
        float[] means = set.places().means();
        double[] sorted = set.depths();
        List<Piece> maps = new ArrayList<>();
        maps.add(strip("Pixels with a depth", "by their place in the frame, over all frames", known, DepthPlaces.WIDTH,
                DepthPlaces.HEIGHT, 1, "none", "all", aspect));
        maps.add(strip("Depth", "geometric mean by place", means, DepthPlaces.WIDTH, DepthPlaces.HEIGHT, sorted[2],
                "0", DoctorText.number(sorted[2]) + " m", aspect));
        if (set.surface().edges() > 0) {
            ShiftSurface surface = set.surface();
            ShiftSurface.Best best = surface.best();
            float[] fit = new float[ShiftSurface.ACROSS * ShiftSurface.ACROSS];
            for (int i = 0; i < fit.length; i++) {
                double at = surface.at(i % ShiftSurface.ACROSS - ShiftSurface.REACH, i / ShiftSurface.ACROSS
                        - ShiftSurface.REACH);
                fit[i] = (float) Math.max(0.001, at - 0.9 * best.chance());
            }
            maps.add(strip("Depth's contours on the picture's edges", String.format(Locale.ROOT,
                    "for every shift of the"
                    + " depth by up to an eighth of the frame; no shift is the middle, the best is %d, %d cells of %.3g"
                    + " pixels", best.dx(), best.dy(), set.frames().getFirst().step()), fit, ShiftSurface.ACROSS,
                    ShiftSurface.ACROSS, best.score() - 0.9 * best.chance(), "chance", "best", 1));
        }
        return List.of(Pieces.beside(maps));
    }

    private static Piece strip(String name, String note, float[] values, int columns, int rows, double high,
            String least,
            String most, double aspect) {
        return new PictureStrip(name, note).bar("", FramePictures.PALETTE, least, most).column("", "",
                EmbeddedImage.png(DepthCells.map(values, columns, rows, true, FramePictures.PALETTE, high,
                MAP_WIDTH, Math.max(1, (int) (MAP_WIDTH * aspect)))), null, false);
    }
}
