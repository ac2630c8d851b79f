package dev.fathom.tools.report;

import java.util.ArrayList;
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
    private static final double WIDTH = 480;
    private static final double HEIGHT = 280;
    private static final double LEFT = 46;
    private static final double RIGHT = 14;
    private static final double TOP = 28;
    private static final double BOTTOM = 40;
    private static final int Y_TICKS = 5;
    private static final int X_TICKS = 6;
    /** Curves with more points than this are thinned: more cannot be seen. */
    private static final int MOST_POINTS = 600;

    private record Line(String name, double[] x, double[] y, boolean dashed, boolean faint) {
    }

    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final List<Line> lines = new ArrayList<>();
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
        return add(name, x, y, false, false);
    }

    /** Adds a pale curve, for raw values behind a smoothed one. */
    public LineChart faint(String name, double[] x, double[] y) {
        return add(name, x, y, false, true);
    }

    /** Adds a dashed level line: something to compare with, such as the best constant. */
    public LineChart level(String name, double y) {
        return add(name, new double[0], new double[] {y}, true, false);
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

    private LineChart add(String name, double[] x, double[] y, boolean dashed, boolean faint) {
        if (!dashed && x.length != y.length) {
            throw new IllegalArgumentException("LineChart: " + name + " has " + x.length + " x for " + y.length
                + " y.");
        }
        lines.add(new Line(name, x.clone(), y.clone(), dashed, faint));
        return this;
    }

    @Override
    public void appendTo(StringBuilder html) {
        html.append("<figure class=\"chart\"><figcaption><b>").append(Html.escape(title)).append("</b>");
        legend(html);
        html.append("</figcaption>");
        svg(html);
        html.append("</figure>\n");
    }

    private void legend(StringBuilder html) {
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            html.append("<span><svg width=\"18\" height=\"8\" aria-hidden=\"true\">")
                .append("<line x1=\"0\" x2=\"18\" y1=\"4\" y2=\"4\" class=\"")
                .append(style(i, line)).append("\"/></svg>").append(Html.escape(line.name)).append("</span>");
        }
    }

    private void svg(StringBuilder html) {
        Scale x = xScale();
        Scale y = yScale();
        html.append("<svg viewBox=\"0 0 ").append(Html.px(WIDTH)).append(' ').append(Html.px(HEIGHT))
            .append("\" role=\"img\" aria-label=\"").append(Html.escape(title)).append("\">");
        for (double tick : logarithmic ? decades(y) : y.ticks(Y_TICKS)) {
            double at = top(y, tick);
            html.append("<line class=\"grid\" x1=\"").append(Html.px(LEFT)).append("\" x2=\"")
                .append(Html.px(WIDTH - RIGHT))
                .append("\" y1=\"").append(Html.px(at)).append("\" y2=\"").append(Html.px(at)).append("\"/>");
            text(html, LEFT - 7, at + 4, "end", logarithmic ? Html.plain(Math.pow(10, tick)) : y.label(tick, Y_TICKS));
        }
        for (double tick : x.ticks(X_TICKS)) {
            text(html, left(x, tick), HEIGHT - BOTTOM + 18, "middle", x.label(tick, X_TICKS));
        }
        html.append("<line class=\"axis\" x1=\"").append(Html.px(LEFT)).append("\" x2=\"")
            .append(Html.px(WIDTH - RIGHT))
            .append("\" y1=\"").append(Html.px(HEIGHT - BOTTOM)).append("\" y2=\"").append(Html.px(HEIGHT - BOTTOM))
            .append("\"/>");
        text(html, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, "middle", xLabel);
        text(html, 0, 12, "start", yLabel);
        for (int i = 0; i < lines.size(); i++) {
            curve(html, lines.get(i), i, x, y);
        }
        html.append("</svg>");
    }

    private void curve(StringBuilder html, Line line, int index, Scale x, Scale y) {
        StringBuilder path = new StringBuilder();
        int drawn = 0;
        if (line.dashed) {
            if (shown(line.y[0])) {
                String at = Html.px(top(y, axis(line.y[0])));
                path.append('M').append(Html.px(LEFT)).append(' ').append(at).append('H')
                    .append(Html.px(WIDTH - RIGHT));
            }
        } else {
            boolean pen = false;
            int stride = Math.max(1, (line.x.length + MOST_POINTS - 1) / MOST_POINTS);
            for (int i = 0; i < line.x.length; i++) {
                if (i % stride != 0 && i != line.x.length - 1) {
                    continue;
                }
                if (!Double.isFinite(line.x[i]) || !shown(line.y[i])) {
                    pen = false;
                    continue;
                }
                path.append(pen ? 'L' : 'M').append(Html.px(left(x, line.x[i]))).append(' ')
                    .append(Html.px(top(y, axis(line.y[i]))));
                pen = true;
                drawn++;
            }
        }
        html.append("<path class=\"").append(style(index, line)).append("\" d=\"").append(path).append("\"><title>")
            .append(Html.escape(line.name)).append("</title></path>");
        if (drawn > 0 && drawn <= 60 && !line.faint) {
            for (int i = 0; i < line.x.length; i++) {
                if (Double.isFinite(line.x[i]) && shown(line.y[i])) {
                    html.append("<circle class=\"").append(style(index, line)).append("\" r=\"3\" cx=\"")
                        .append(Html.px(left(x, line.x[i]))).append("\" cy=\"").append(Html.px(top(y, axis(line.y[i]))))
                        .append("\"><title>").append(Html.escape(line.name + ", " + xLabel + " "
                            + Html.number(line.x[i]) + ": " + Html.number(line.y[i]))).append("</title></circle>");
                }
            }
        }
    }

    private static String style(int index, Line line) {
        return "s s" + index % 5 + (line.dashed ? " dashed" : "") + (line.faint ? " faint" : "");
    }

    private boolean shown(double value) {
        return Double.isFinite(value) && (!logarithmic || value > 0);
    }

    private double axis(double value) {
        return logarithmic ? Math.log10(value) : value;
    }

    private double left(Scale x, double value) {
        return LEFT + (WIDTH - RIGHT - LEFT) * x.fraction(value);
    }

    private double top(Scale y, double axisValue) {
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * y.fraction(axisValue);
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
            for (double v : line.y) {
                low = shown(v) ? Math.min(low, axis(v)) : low;
                high = shown(v) ? Math.max(high, axis(v)) : high;
            }
        }
        Scale exact = low < high ? new Scale(low, high) : around(low);
        return logarithmic ? exact : exact.nice(Y_TICKS);
    }

    /** A range for a chart with one value, or with none. */
    private static Scale around(double value) {
        return Double.isFinite(value) ? new Scale(value - 0.5, value + 0.5) : new Scale(0, 1);
    }

    /** Round numbers on a logarithmic axis: powers of ten, with 2 and 5 between them where there are few. */
    private static List<Double> decades(Scale axis) {
        double[] leads = axis.high() - axis.low() > 3 ? new double[] {1} : new double[] {1, 2, 5};
        List<Double> ticks = new ArrayList<>();
        for (int power = (int) Math.floor(axis.low()); power <= axis.high(); power++) {
            for (double lead : leads) {
                double tick = power + Math.log10(lead);
                if (tick >= axis.low() - 1e-9 && tick <= axis.high() + 1e-9) {
                    ticks.add(tick);
                }
            }
        }
        return ticks;
    }

    private static void text(StringBuilder html, double x, double y, String anchor, String text) {
        html.append("<text x=\"").append(Html.px(x)).append("\" y=\"").append(Html.px(y)).append("\" text-anchor=\"")
            .append(anchor).append("\">").append(Html.escape(text)).append("</text>");
    }
}
