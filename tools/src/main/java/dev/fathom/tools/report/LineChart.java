package dev.fathom.tools.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Curves over a common axis, as inline SVG: axes with round numbers, a legend, and the values under the pointer.
 *
 * <pre>{@code
 * new LineChart("Training loss", "step", "SiLog").line("loss", steps, losses)
 * }</pre>
 *
 * <p>Points that are not finite are left out, and the curve is broken there.
 */
public final class LineChart implements Piece {

    /** How a curve is drawn. */
    enum Kind { LINE, FAINT, LEVEL, BAND, BARS }

    /**
     * One curve.
     *
     * @param x   places; of N bars their N + 1 edges
     * @param y   values; of a band the lower edge
     * @param top the upper edge of a band, null for others
     * @param colour which of the page's colours
     */
    record Line(String name, Kind kind, double[] x, double[] y, double[] top, int colour) {
    }

    /** A line across at one x, with a word beside it. */
    record Upright(double x, String label) {
    }

    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final List<Line> lines = new ArrayList<>();
    private final List<Upright> uprights = new ArrayList<>();
    private String marksName = "";
    private double[] marks = new double[0];
    private String note = "";
    private boolean legend = true;
    private boolean fromZero;
    private boolean logarithmic;

    /** A chart without curves. */
    public LineChart(String title, String xLabel, String yLabel) {
        this.title = title;
        this.xLabel = xLabel;
        this.yLabel = yLabel;
    }

    /** Adds a curve. */
    public LineChart line(String name, double[] x, double[] y) {
        return line(name, x, y, nextColour());
    }

    /** Adds a curve in one of the page's colours, so that a thing looks the same in every chart. */
    public LineChart line(String name, double[] x, double[] y, int colour) {
        return add(name, Kind.LINE, x, y, null, colour);
    }

    /** Adds a pale curve, for raw values behind a smoothed one. */
    public LineChart faint(String name, double[] x, double[] y) {
        return add(name, Kind.FAINT, x, y, null, nextColour());
    }

    /** Adds a dashed level line: something to compare with, such as the best constant. */
    public LineChart level(String name, double y) {
        return add(name, Kind.LEVEL, new double[0], new double[] {y}, null, nextColour());
    }

    /** Adds a long curve: its smoothed values, and behind them, pale, the range of the raw ones. */
    public LineChart series(String name, Series series) {
        return series(name, series, nextColour());
    }

    /** As {@link #series(String, Series)}, in one of the page's colours. */
    public LineChart series(String name, Series series, int colour) {
        double[] x = series.x();
        add(name, Kind.BAND, x, series.low(), series.high(), colour);
        return add(name, Kind.LINE, x, series.smoothed(), null, colour);
    }

    /**
     * Adds bars that stand on 0: a histogram.
     *
     * @param edges   [N+1], ascending
     * @param heights [N]
     */
    public LineChart bars(String name, double[] edges, double[] heights) {
        if (edges.length != heights.length + 1) {
            throw new IllegalArgumentException("LineChart: " + name + " has " + edges.length + " edges for "
                + heights.length + " bars.");
        }
        lines.add(new Line(name, Kind.BARS, edges.clone(), heights.clone(), null, nextColour()));
        return fromZero();
    }

    /** Adds a fine line from bottom to top at one place, with a word at its head; for what happened there. */
    public LineChart upright(double x, String label) {
        uprights.add(new Upright(x, label));
        return this;
    }

    /** Marks places at the upper edge, for values that cannot be drawn; nothing is added for none. */
    public LineChart marks(String name, double[] x) {
        marksName = name;
        marks = x.clone();
        return this;
    }

    /** A quiet line below the chart. */
    public LineChart note(String text) {
        note = text;
        return this;
    }

    /** Leaves the legend out, where the title says it all. */
    public LineChart withoutLegend() {
        legend = false;
        return this;
    }

    /** Makes the value axis begin at 0. */
    public LineChart fromZero() {
        fromZero = true;
        return this;
    }

    /** Makes the value axis logarithmic (base 10); values of 0 and less are left out. */
    public LineChart logarithmic() {
        logarithmic = true;
        return this;
    }

    private int nextColour() {
        return (int) lines.stream().filter(l -> l.kind != Kind.BAND).count();
    }

    private LineChart add(String name, Kind kind, double[] x, double[] y, double[] top, int colour) {
        if (kind != Kind.LEVEL && x.length != y.length) {
            throw new IllegalArgumentException("LineChart: " + name + " has " + x.length + " x for " + y.length
                + " y.");
        }
        lines.add(new Line(name, kind, x.clone(), y.clone(), top == null ? null : top.clone(), colour));
        return this;
    }

    @Override
    public void appendTo(StringBuilder html) {
        html.append("<figure class=\"chart\"><figcaption><b>").append(Html.escape(title)).append("</b>");
        if (legend) {
            legend(html);
        }
        html.append("</figcaption>");
        svg(html);
        if (!note.isEmpty()) {
            html.append("<small>").append(Html.escape(note)).append("</small>");
        }
        html.append("</figure>\n");
    }

    private void legend(StringBuilder html) {
        for (Line line : lines) {
            if (line.kind != Kind.BAND) {
                html.append("<span><svg width=\"18\" height=\"8\" aria-hidden=\"true\">")
                    .append("<line x1=\"0\" x2=\"18\" y1=\"4\" y2=\"4\" class=\"")
                    .append(ChartPainter.style(line)).append("\"/></svg>").append(Html.escape(line.name))
                    .append("</span>");
            }
        }
        if (marks.length > 0) {
            html.append("<span><svg width=\"12\" height=\"10\" aria-hidden=\"true\">")
                .append("<path class=\"mark\" d=\"M1 1H11L6 9Z\"/></svg>").append(Html.escape(marksName))
                .append("</span>");
        }
    }

    private void svg(StringBuilder html) {
        ChartPainter painter = new ChartPainter(html, xScale(), yScale(), logarithmic, counts(), xLabel);
        painter.begin(title, yLabel, !uprights.isEmpty() || marks.length > 0);
        uprights.forEach(u -> painter.upright(u.x, u.label));
        lines.stream().filter(l -> l.kind == Kind.BARS).forEach(painter::bars);
        lines.stream().filter(l -> l.kind == Kind.BAND).forEach(painter::band);
        lines.stream().filter(l -> l.kind == Kind.LEVEL).forEach(painter::level);
        lines.stream().filter(l -> l.kind == Kind.LINE || l.kind == Kind.FAINT).forEach(painter::curve);
        for (double x : marks) {
            painter.mark(x, marksName);
        }
        painter.end();
    }

    /** Whether every x of the chart's curves is a whole number, as those of steps and epochs are. */
    private boolean counts() {
        return lines.stream().noneMatch(l -> l.kind == Kind.BARS)
            && lines.stream().flatMapToDouble(l -> Arrays.stream(l.x)).allMatch(v -> v == Math.rint(v));
    }

    private Scale xScale() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (Line line : lines) {
            for (double v : line.x) {
                low = Double.isFinite(v) ? Math.min(low, v) : low;
                high = Double.isFinite(v) ? Math.max(high, v) : high;
            }
        }
        return low < high ? new Scale(low, high) : around(low);
    }

    private Scale yScale() {
        double low = fromZero && !logarithmic ? 0 : Double.POSITIVE_INFINITY;
        double high = fromZero && !logarithmic ? 0 : Double.NEGATIVE_INFINITY;
        for (Line line : lines) {
            double[] edges = line.kind == Kind.BAND ? bulk(line) : line.y;
            for (double v : edges) {
                low = ChartPainter.shown(v, logarithmic) ? Math.min(low, axis(v)) : low;
                high = ChartPainter.shown(v, logarithmic) ? Math.max(high, axis(v)) : high;
            }
        }
        Scale exact = low < high ? new Scale(low, high) : around(low);
        return logarithmic ? exact : exact.nice(ChartPainter.Y_TICKS);
    }

    /** What of a band the axis must hold: all but the most extreme hundredth on either side, which is cut off. */
    private static double[] bulk(Line band) {
        double[] bottoms = Arrays.stream(band.y).filter(Double::isFinite).sorted().toArray();
        double[] tops = Arrays.stream(band.top).filter(Double::isFinite).sorted().toArray();
        if (tops.length == 0) {
            return tops;
        }
        return new double[] {bottoms[bottoms.length / 100], tops[tops.length - 1 - tops.length / 100]};
    }

    private double axis(double value) {
        return logarithmic ? Math.log10(value) : value;
    }

    /** A range for a chart with one value, or with none. */
    private static Scale around(double value) {
        return Double.isFinite(value) ? new Scale(value - 0.5, value + 0.5) : new Scale(0, 1);
    }
}
