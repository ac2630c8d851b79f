package dev.fathom.tools.panels;

import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.report.DepthCells;
import dev.fathom.training.trainer.TrainListener.Validated;
import java.awt.image.BufferedImage;

/**
 * One sample in four small pictures of one size. Both depths are coloured over 0 to the largest true depth,
 * errors over 0 to {@link #ERROR_HIGH}, so that the pictures of two epochs can be compared.
 *
 * @param high metres, or the unit of the maps: what gets the palette's last colour
 */
public record PanelCells(BufferedImage image, BufferedImage truth, BufferedImage prediction, BufferedImage error,
        double high) {
    /** Of depths. */
    public static final Palette DEPTH = Palette.named("viridis");
    /** Of errors. */
    public static final Palette ERROR = Palette.named("magma");
    /** Errors are |p - t| / t; more than this is clipped. */
    public static final double ERROR_HIGH = 0.5;
    /** Pixels of the larger side, at most. */
    private static final int SIDE = 320;

    static PanelCells of(Validated v) {
        Picture picture = v.sample().picture();
        return of(picture, v.sample().depth(), v.prediction().values(), picture.width(), picture.height());
    }

    /**
     * Draws them.
     *
     * @param truth [rows, columns], 0 where there is none
     * @param prediction [rows, columns] in the same unit
     */
    public static PanelCells of(Picture picture, float[] truth, float[] prediction, int columns, int rows) {
        double shrink = Math.min(1, (double) SIDE / Math.max(picture.width(), picture.height()));
        int width = (int) Math.max(1, Math.round(shrink * picture.width()));
        int height = (int) Math.max(1, Math.round(shrink * picture.height()));
        double high = largest(truth);
        return new PanelCells(DepthCells.photo(picture, width, height),
                DepthCells.map(truth, columns, rows, true, DEPTH, high, width, height),
                DepthCells.map(prediction, columns, rows, false, DEPTH, high, width, height),
                DepthCells.map(errors(prediction, truth), columns, rows, false, ERROR, ERROR_HIGH, width, height), high);
    }

    /** |p - t| / t where there is a truth, NaN elsewhere. */
    private static float[] errors(float[] prediction, float[] truth) {
        float[] errors = new float[truth.length];
        for (int i = 0; i < truth.length; i++) {
            errors[i] = truth[i] > 0 ? Math.abs(prediction[i] - truth[i]) / truth[i] : Float.NaN;
        }
        return errors;
    }

    /** The largest true depth; 1 m if there is none at all. */
    private static double largest(float[] truth) {
        float most = 0;
        for (float t : truth) {
            most = Float.isFinite(t) ? Math.max(most, t) : most;
        }
        return most > 0 ? most : 1;
    }

    int width() {
        return image.getWidth();
    }

    int height() {
        return image.getHeight();
    }
}
