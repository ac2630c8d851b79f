package dev.fathom.tools.report;

import java.util.ArrayList;
import java.util.List;

/** Draws the parts of a {@link LineChart} as SVG, in the order they are asked for. */
final class ChartPainter {
    static final int Y_TICKS = 5;
    private static final int X_TICKS = 6;
    private static final double WIDTH = 480;
    private static final double HEIGHT = 280;
    private static final double LEFT = 46;
    private static final double RIGHT = 14;
    private static final double TOP = 28;
    private static final double BOTTOM = 40;
    /** Colours of a page; the ninth curve has the first one again, dashed. */
    private static final int COLOURS = 8;
    /** Curves with more points than this are thinned: more cannot be seen. */
    private static final int MOST_POINTS = 600;
    /** Curves whose points are at least so far apart show each as a dot. */
    private static final double DOTS_APART = 7;

    private final StringBuilder html;
    private final Scale x;
    private final Scale y;
    private final boolean logarithmic;
    private final boolean whole;
    private final String xLabel;

    /**
     * @param y     of the values, or of their logarithms to base 10
     * @param whole whether x counts things, so that labels are whole numbers
     */
    ChartPainter(StringBuilder html, Scale x, Scale y, boolean logarithmic, boolean whole, String xLabel) {
        this.html = html;
        this.x = x;
        this.y = y;
        this.logarithmic = logarithmic;
        this.whole = whole;
        this.xLabel = xLabel;
    }

    /** The style classes of a curve. */
    static String style(LineChart.Line line) {
        boolean dashed = line.kind() == LineChart.Kind.LEVEL || line.colour() / COLOURS % 2 == 1;
        return "s s" + line.colour() % COLOURS + (dashed ? " dashed" : "")
            + (line.kind() == LineChart.Kind.FAINT ? " faint" : "");
    }

    /** Whether a value has a place on the axis. */
    static boolean shown(double value, boolean logarithmic) {
        return Double.isFinite(value) && (!logarithmic || value > 0);
    }

    /** Grid, axis and labels; {@code headed} if something will stand above the plot. */
    void begin(String title, String yLabel, boolean headed) {
        // Without words above it the drawing needs no room for them.
        double from = yLabel.isEmpty() && !headed ? TOP - 10 : 0;
        html.append("<svg viewBox=\"0 ").append(Html.px(from)).append(' ').append(Html.px(WIDTH)).append(' ')
            .append(Html.px(HEIGHT - from))
            .append("\" role=\"img\" aria-label=\"").append(Html.escape(title)).append("\">");
        List<Double> powers = logarithmic ? decades() : List.of();
        // Less than two powers of ten or their halves in range: round values do better.
        boolean decades = powers.size() >= 2;
        Scale values = logarithmic ? new Scale(Math.pow(10, y.low()), Math.pow(10, y.high())) : y;
        for (double tick : decades ? powers : values.ticks(Y_TICKS)) {
            double value = decades ? Math.pow(10, tick) : tick;
            double at = top(value);
            html.append("<line class=\"grid\" x1=\"").append(Html.px(LEFT)).append("\" x2=\"")
                .append(Html.px(WIDTH - RIGHT))
                .append("\" y1=\"").append(Html.px(at)).append("\" y2=\"").append(Html.px(at)).append("\"/>");
            text(LEFT - 7, at + 4, "end", decades ? Html.plain(value) : values.label(tick, Y_TICKS));
        }
        for (double tick : whole ? x.wholeTicks(X_TICKS) : x.ticks(X_TICKS)) {
            text(left(tick), HEIGHT - BOTTOM + 18, "middle", whole ? thousands(tick) : x.label(tick, X_TICKS));
        }
        html.append("<line class=\"axis\" x1=\"").append(Html.px(LEFT)).append("\" x2=\"")
            .append(Html.px(WIDTH - RIGHT))
            .append("\" y1=\"").append(Html.px(HEIGHT - BOTTOM)).append("\" y2=\"").append(Html.px(HEIGHT - BOTTOM))
            .append("\"/>");
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, "middle", xLabel);
        text(0, 12, "start", yLabel);
    }

    void end() {
        html.append("</svg>");
    }

    /** A fine line from bottom to top, its label at the head, on the side where there is room. */
    void upright(double place, String label) {
        double at = left(place);
        html.append("<line class=\"upright\" x1=\"").append(Html.px(at)).append("\" x2=\"").append(Html.px(at))
            .append("\" y1=\"").append(Html.px(TOP - 6)).append("\" y2=\"").append(Html.px(HEIGHT - BOTTOM))
            .append("\"/>");
        boolean right = at > (LEFT + WIDTH) / 2;
        text(at + (right ? -4 : 4), TOP - 9, right ? "end" : "start", label);
    }

    /** The area between the two edges of a band, in pieces where there is nothing between. */
    void band(LineChart.Line band) {
        StringBuilder path = new StringBuilder();
        int from = 0;
        while (from < band.x().length) {
            int to = from;
            while (to < band.x().length && shown(band.y()[to], logarithmic) && shown(band.top()[to], logarithmic)) {
                to++;
            }
            if (to - from >= 2) {
                for (int i = from; i < to; i++) {
                    path.append(i == from ? 'M' : 'L').append(point(band.x()[i], band.top()[i]));
                }
                for (int i = to - 1; i >= from; i--) {
                    path.append('L').append(point(band.x()[i], band.y()[i]));
                }
                path.append('Z');
            }
            from = Math.max(to, from + 1);
        }
        html.append("<path class=\"band b").append(band.colour() % COLOURS).append("\" d=\"").append(path)
            .append("\"/>");
    }

    /** Bars from 0 up, with their ranges and values under the pointer. */
    void bars(LineChart.Line bars) {
        for (int i = 0; i < bars.y().length; i++) {
            double value = bars.y()[i];
            if (!shown(value, logarithmic)) {
                continue;
            }
            double from = left(bars.x()[i]);
            double to = left(bars.x()[i + 1]);
            double at = top(value);
            html.append("<rect class=\"bar b").append(bars.colour() % COLOURS).append("\" x=\"")
                .append(Html.px(from + 0.75)).append("\" width=\"").append(Html.px(Math.max(0.5, to - from - 1.5)))
                .append("\" y=\"").append(Html.px(at)).append("\" height=\"").append(Html.px(HEIGHT - BOTTOM - at))
                .append("\"><title>").append(Html.escape(Html.plain(bars.x()[i]) + " to "
                    + Html.plain(bars.x()[i + 1]) + ": " + Html.number(value))).append("</title></rect>");
        }
    }

    /** A dashed line at one value. */
    void level(LineChart.Line line) {
        StringBuilder path = new StringBuilder();
        if (shown(line.y()[0], logarithmic)) {
            path.append('M').append(point(x.low(), line.y()[0])).append('H').append(Html.px(WIDTH - RIGHT));
        }
        path(line, path);
    }

    /** A curve, with a dot at each point where they are few. */
    void curve(LineChart.Line line) {
        StringBuilder path = new StringBuilder();
        int drawn = 0;
        double width = 0;
        boolean pen = false;
        int stride = Math.max(1, (line.x().length + MOST_POINTS - 1) / MOST_POINTS);
        for (int i = 0; i < line.x().length; i++) {
            if (i % stride != 0 && i != line.x().length - 1) {
                continue;
            }
            if (!Double.isFinite(line.x()[i]) || !shown(line.y()[i], logarithmic)) {
                pen = false;
                continue;
            }
            path.append(pen ? 'L' : 'M').append(point(line.x()[i], line.y()[i]));
            pen = true;
            drawn++;
            width = left(line.x()[i]) - LEFT;
        }
        path(line, path);
        if (drawn == 0 || width < DOTS_APART * (drawn - 1) || line.kind() == LineChart.Kind.FAINT) {
            return;
        }
        for (int i = 0; i < line.x().length; i++) {
            if (Double.isFinite(line.x()[i]) && shown(line.y()[i], logarithmic)) {
                html.append("<circle class=\"").append(style(line)).append("\" r=\"3\" cx=\"")
                    .append(Html.px(left(line.x()[i]))).append("\" cy=\"").append(Html.px(top(line.y()[i])))
                    .append("\"><title>").append(Html.escape(line.name() + ", " + xLabel + " "
                        + Html.number(line.x()[i]) + ": " + Html.number(line.y()[i]))).append("</title></circle>");
            }
        }
    }

    /** A small mark at the upper edge. */
    void mark(double place, String name) {
        double at = left(place);
        html.append("<path class=\"mark\" d=\"M").append(Html.px(at - 4)).append(' ').append(Html.px(TOP - 4))
            .append("h8l-4 7Z\"><title>").append(Html.escape(name + ", " + xLabel + " " + Html.number(place)))
            .append("</title></path>");
    }

    /** A count in few characters: 800, 20k, 1.5M. */
    private static String thousands(double count) {
        double size = Math.abs(count);
        return size >= 1e6 ? Html.plain(count / 1e6) + "M" : size >= 1e4 ? Html.plain(count / 1e3) + "k"
            : Html.plain(count);
    }

    private void path(LineChart.Line line, CharSequence path) {
        html.append("<path class=\"").append(style(line)).append("\" d=\"").append(path).append("\"><title>")
            .append(Html.escape(line.name())).append("</title></path>");
    }

    private String point(double px, double value) {
        return Html.px(left(px)) + ' ' + Html.px(top(value));
    }

    private double left(double value) {
        return LEFT + (WIDTH - RIGHT - LEFT) * x.fraction(value);
    }

    /** The height of a value; what is above or below the axis lies at its end. */
    private double top(double value) {
        double share = Math.clamp(y.fraction(logarithmic ? Math.log10(value) : value), 0.0, 1.0);
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share;
    }

    /** Round numbers on a logarithmic axis: powers of ten, with 2 and 5 between them where there are few. */
    private List<Double> decades() {
        double span = y.high() - y.low();
        double[] leads = span > 3 ? new double[] {1} : new double[] {1, 2, 5};
        int stride = Math.max(1, (int) Math.ceil(span / 8));
        List<Double> ticks = new ArrayList<>();
        for (int power = (int) Math.floor(y.low()); power <= y.high(); power++) {
            for (double lead : leads) {
                double tick = power + Math.log10(lead);
                if (tick >= y.low() - 1e-9 && tick <= y.high() + 1e-9 && Math.floorMod(power, stride) == 0) {
                    ticks.add(tick);
                }
            }
        }
        return ticks;
    }

    private void text(double px, double py, String anchor, String text) {
        html.append("<text x=\"").append(Html.px(px)).append("\" y=\"").append(Html.px(py)).append("\" text-anchor=\"")
            .append(anchor).append("\">")
            .append(Html.escape(text)).append("</text>");
    }
}
