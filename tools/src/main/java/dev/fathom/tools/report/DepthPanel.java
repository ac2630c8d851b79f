package dev.fathom.tools.report;

import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Picture, true depth, prediction and error side by side, one sample a row, as the fine-tuning article shows them: both
 * depths in one palette over one range from 0 to the larger maximum, with a colour bar in metres.
 *
 * <pre>{@code
 * new DepthPanel(Palette.named("viridis")).title("Held-out rooms").withError()
 *     .add("room_00120  abs_rel 0.081", picture, truth, prediction)
 *     .save(folder.resolve("panel.png"));
 * }</pre>
 */
public final class DepthPanel {
    /** What values are, and what the colour bar is labelled with: metres, unless said otherwise. */
    private String unit = "m";
    private final Palette palette;
    private Palette errorPalette = Palette.named("magma");
    private String title = "";
    private String subtitle = "";
    private boolean error;
    private Scale fixed;
    private int cellWidth = 400;
    private final List<PanelRow> rows = new ArrayList<>();

    /**
     * One sample.
     *
     * @param truth      [H,W], 0 where there is none; or null for a sample without true depth
     * @param prediction [H,W]; or null for a sample alone
     */
    record PanelRow(String caption, Picture picture, float[] truth, float[] prediction) {
        PanelRow {
            check(caption, "true", picture, truth);
            check(caption, "predicted", picture, prediction);
        }

        private static void check(String caption, String what, Picture picture, float[] depth) {
            if (depth != null && depth.length != picture.pixels()) {
                throw new IllegalArgumentException("DepthPanel: " + caption + " has " + depth.length + " " + what
                    + " depths for " + picture + "; they must be of one size.");
            }
        }
    }

    /** A panel without rows, its depths coloured by {@code palette}. */
    public DepthPanel(Palette palette) {
        this.palette = palette;
    }

    /** The line above everything. */
    public DepthPanel title(String text) {
        title = text;
        return this;
    }

    /** A quieter line below the title. */
    public DepthPanel subtitle(String text) {
        subtitle = text;
        return this;
    }

    /** What the colour bar measures: {@code "m"} by default. */
    public DepthPanel unit(String text) {
        unit = text;
        return this;
    }

    /** Adds a column with the absolute difference of prediction and truth. */
    public DepthPanel withError() {
        error = true;
        return this;
    }

    /** The palette of the error column: magma by default. */
    public DepthPanel errorPalette(Palette colours) {
        errorPalette = colours;
        return this;
    }

    /** One range for all rows instead of 0 to each row's maximum. */
    public DepthPanel range(double low, double high) {
        fixed = new Scale(low, high);
        return this;
    }

    /** Width that pictures are brought to, in pixels: 400 by default. */
    public DepthPanel cellWidth(int pixels) {
        cellWidth = pixels;
        return this;
    }

    /**
     * Adds a row.
     *
     * @param caption    a line above it
     * @param truth      [H,W] of the picture's size, 0 where nothing was measured; null leaves the column out
     * @param prediction [H,W] of the picture's size; null leaves the column out
     */
    public DepthPanel add(String caption, Picture picture, float[] truth, float[] prediction) {
        rows.add(new PanelRow(caption, picture, truth, prediction));
        return this;
    }

    /** The panel as a picture. */
    public BufferedImage render() {
        if (rows.isEmpty()) {
            throw new IllegalStateException("DepthPanel: there is no row to draw; call add first.");
        }
        return new PanelPainter(palette, errorPalette, title, subtitle, unit, error, fixed, cellWidth, rows).paint();
    }

    /** Writes the panel as a PNG, in one step. */
    public void save(Path file) {
        EmbeddedImage.png(render()).save(file);
    }
}
