package dev.fathom.tools.report;

import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.report.Lettering.Anchor;
import dev.fathom.tools.report.Lettering.Weight;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;

/** Lays out and draws a {@link DepthPanel}. */
final class PanelPainter {
    private static final int MARGIN = 24;
    private static final int GAP = 12;
    private static final int BAR = 14;
    private static final int BAR_SPACE = 74;
    private static final int ROW_GAP = 20;
    private static final int CAPTION = 24;
    private static final Color PAPER = new Color(0xFFFFFF);
    private static final Color INK = new Color(0x22252A);
    private static final Color MUTED = new Color(0x6B7078);

    private final Palette palette;
    private final Palette errorPalette;
    private final String title;
    private final String subtitle;
    private final String unit;
    private final boolean truth;
    private final boolean prediction;
    private final boolean error;
    private final Scale fixed;
    private final int cellWidth;
    private final List<DepthPanel.PanelRow> rows;
    private Graphics2D g;

    PanelPainter(Palette palette, Palette errorPalette, String title, String subtitle, String unit, boolean error,
            Scale fixed, int cellWidth, List<DepthPanel.PanelRow> rows) {
        this.palette = palette;
        this.errorPalette = errorPalette;
        this.title = title;
        this.subtitle = subtitle;
        this.unit = unit;
        this.truth = rows.stream().anyMatch(r -> r.truth() != null);
        this.prediction = rows.stream().anyMatch(r -> r.prediction() != null);
        this.error = error && truth && prediction;
        this.fixed = fixed;
        this.cellWidth = cellWidth;
        this.rows = rows;
    }

    BufferedImage paint() {
        int head = MARGIN + (title.isEmpty() ? 0 : 34) + (subtitle.isEmpty() ? 0 : 24) + 36;
        int depths = (truth ? 1 : 0) + (prediction ? 1 : 0);
        int width = 2 * MARGIN + cellWidth + depths * (cellWidth + GAP) + (depths > 0 ? BAR_SPACE : 0)
            + (error ? cellWidth + GAP + BAR_SPACE : 0);
        boolean holes = rows.stream().anyMatch(r -> r.truth() != null && hasHoles(r.truth()));
        int height = head + rows.stream().mapToInt(r -> CAPTION + cellHeight(r.picture()) + ROW_GAP).sum()
            + (holes ? 26 : 0) + MARGIN - ROW_GAP;
        BufferedImage canvas = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        g = canvas.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        g.setColor(PAPER);
        g.fillRect(0, 0, width, height);
        heading(width - 2 * MARGIN);
        columnTitles(head - 10);
        int y = head;
        for (DepthPanel.PanelRow row : rows) {
            y += CAPTION;
            row(row, y, width - 2 * MARGIN);
            y += cellHeight(row.picture()) + ROW_GAP;
        }
        if (holes) {
            g.setColor(new Color(DepthCells.HOLE));
            g.fillRect(MARGIN, y - 4, 12, 12);
            text("nothing measured", MARGIN + 19, y + 7, Weight.REGULAR, 13, MUTED, Anchor.LEFT);
        }
        g.dispose();
        return canvas;
    }

    private void heading(double room) {
        int y = MARGIN;
        if (!title.isEmpty()) {
            text(Lettering.fit(title, Weight.SEMIBOLD, 23, room), MARGIN, y + 20, Weight.SEMIBOLD, 23, INK,
                Anchor.LEFT);
            y += 34;
        }
        if (!subtitle.isEmpty()) {
            text(Lettering.fit(subtitle, Weight.REGULAR, 15, room), MARGIN, y + 13, Weight.REGULAR, 15, MUTED,
                Anchor.LEFT);
        }
    }

    private void columnTitles(int y) {
        int x = MARGIN;
        columnTitle("Image", x, y);
        x += cellWidth + GAP;
        if (truth) {
            columnTitle("True depth", x, y);
            x += cellWidth + GAP;
        }
        if (prediction) {
            columnTitle(truth ? "Predicted depth" : "Prediction", x, y);
            x += cellWidth + GAP;
        }
        if (error) {
            columnTitle("Absolute error", x + BAR_SPACE, y);
            double after = x + BAR_SPACE + Lettering.width("Absolute error", Weight.SEMIBOLD, 16) + 8;
            text("largest 2 % clipped", after, y, Weight.REGULAR, 13, MUTED, Anchor.LEFT);
        }
    }

    private void columnTitle(String name, int x, int y) {
        text(name, x, y, Weight.SEMIBOLD, 16, INK, Anchor.LEFT);
    }

    private void row(DepthPanel.PanelRow row, int y, double room) {
        int height = cellHeight(row.picture());
        text(Lettering.fit(row.caption(), Weight.REGULAR, 14, room), MARGIN, y - 8, Weight.REGULAR, 14, MUTED,
            Anchor.LEFT);
        int x = MARGIN;
        g.drawImage(DepthCells.photo(row.picture(), cellWidth, height), x, y, null);
        x += cellWidth + GAP;
        Scale scale = fixed != null ? fixed : new Scale(0, maximum(row));
        if (truth) {
            if (row.truth() != null) {
                map(row.truth(), true, palette, scale, row.picture(), x, y);
            }
            x += cellWidth + GAP;
        }
        if (prediction) {
            if (row.prediction() != null) {
                map(row.prediction(), false, palette, scale, row.picture(), x, y);
            }
            x += cellWidth + GAP;
        }
        if (truth || prediction) {
            bar(palette, scale, x, y, height);
        }
        if (error && row.truth() != null && row.prediction() != null) {
            float[] gap = differences(row);
            Scale range = new Scale(0, Math.max(percentile(gap, 0.98), 1e-3));
            x += BAR_SPACE;
            map(gap, true, errorPalette, range, row.picture(), x, y);
            bar(errorPalette, range, x + cellWidth + GAP, y, height);
        }
    }

    private void map(float[] values, boolean zeroIsHole, Palette colours, Scale scale, Picture size, int x, int y) {
        g.drawImage(DepthCells.map(values, size.width(), size.height(), zeroIsHole, colours, scale, cellWidth,
                cellHeight(size)), x, y, null);
    }

    private void bar(Palette colours, Scale scale, int x, int y, int height) {
        for (int v = 0; v < height; v++) {
            g.setColor(new Color(colours.colourAt(1 - (v + 0.5) / height)));
            g.fillRect(x, y + v, BAR, 1);
        }
        int count = Math.max(3, height / 60);
        List<Double> ticks = scale.ticks(count);
        for (double tick : ticks) {
            double at = y + height * (1 - scale.fraction(tick));
            g.setColor(MUTED);
            g.fillRect(x + BAR, (int) Math.round(Math.min(at, y + height - 1)), 4, 1);
            boolean last = tick == ticks.getLast();
            String label = scale.label(tick, count) + (last ? " " + unit : "");
            double baseline = Math.clamp(at + 4.5, y + 10.0, (double) y + height);
            text(label, x + BAR + 8, baseline, Weight.REGULAR, 13, INK, Anchor.LEFT);
        }
    }

    private double maximum(DepthPanel.PanelRow row) {
        double max = 1e-3;
        for (float[] depth : new float[][] {row.truth(), row.prediction()}) {
            if (depth != null) {
                for (float d : depth) {
                    max = Float.isFinite(d) ? Math.max(max, d) : max;
                }
            }
        }
        return max;
    }

    /** |prediction - truth| where there is a truth, NaN elsewhere. An exact 0 becomes the least number above it. */
    private static float[] differences(DepthPanel.PanelRow row) {
        float[] gap = new float[row.truth().length];
        for (int i = 0; i < gap.length; i++) {
            gap[i] = row.truth()[i] > 0 ? Math.max(Math.abs(row.prediction()[i] - row.truth()[i]), Float.MIN_VALUE)
                : Float.NaN;
        }
        return gap;
    }

    private static double percentile(float[] values, double share) {
        float[] finite = new float[values.length];
        int n = 0;
        for (float v : values) {
            if (Float.isFinite(v)) {
                finite[n++] = v;
            }
        }
        if (n == 0) {
            return 0;
        }
        Arrays.sort(finite, 0, n);
        return finite[Math.min(n - 1, (int) (share * n))];
    }

    private static boolean hasHoles(float[] depth) {
        for (float d : depth) {
            if (!(d > 0) || !Float.isFinite(d)) {
                return true;
            }
        }
        return false;
    }

    private int cellHeight(Picture picture) {
        return Math.max(1, Math.round((float) cellWidth * picture.height() / picture.width()));
    }

    private void text(String text, double x, double y, Weight weight, double size, Color colour, Anchor anchor) {
        g.setColor(colour);
        Lettering.draw(g, text, x, y, weight, size, anchor);
    }
}
