package dev.fathom.models.image;

import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.errors.FathomException;

/**
 * From a picture to the network's input: divided by 255, resized (cubic), normalised by the mean and deviation of
 * ImageNet's colours. All of it in float64, as the original code, then rounded once to float32.
 *
 * <p>The result is channels-last, [H,W,3], red first.
 */
public final class Preprocess {

    /** Mean of red, green and blue over ImageNet, on a scale of 0..1. */
    private static final double[] MEAN = {0.485, 0.456, 0.406};
    /** Their standard deviation. */
    private static final double[] STD = {0.229, 0.224, 0.225};
    /** v / 255 for every byte. */
    private static final double[] UNIT = new double[256];
    /** Output rows a task: a fixed split, whatever the number of threads. */
    private static final int BAND = 32;

    static {
        for (int v = 0; v < 256; v++) {
            UNIT[v] = v / 255.0;
        }
    }

    private Preprocess() {
    }

    /**
     * The whole picture at a network size, on all cores.
     *
     * @return [size.height, size.width, 3]
     * @throws FathomException if the size is beyond a Java array (700 million pixels): an absurdly thin picture
     */
    public static float[] normalised(Picture picture, NetworkSize size) {
        int width = size.width();
        int height = size.height();
        if (3L * width * height > Integer.MAX_VALUE - 8) {
            throw new FathomException("A picture of " + picture.width() + " x " + picture.height()
                    + " pixels would become " + size + " for the network, which is too large; crop it or choose a "
                    + "smaller input size.");
        }
        float[] out = new float[3 * width * height];
        CubicResize plan = new CubicResize(picture.width(), picture.height(), width, height);
        WorkPool.shared().run((height + BAND - 1) / BAND, band -> {
            int top = band * BAND;
            window(plan, picture, 0, top, width, Math.min(BAND, height - top), out, 3 * top * width);
        });
        return out;
    }

    /**
     * A window of the picture at a network size, on the calling thread: the same values as {@link #normalised} and a
     * crop.
     *
     * @param left  first column of the window in the resized picture; {@code top} its first row
     * @param width columns of the window; {@code height} its rows
     * @param out   takes [height, width, 3] densely from {@code at} on
     */
    public static void window(Picture picture, NetworkSize size, int left, int top, int width, int height,
            float[] out, int at) {
        CubicResize plan = new CubicResize(picture.width(), picture.height(), size.width(), size.height());
        window(plan, picture, left, top, width, height, out, at);
    }

    private static void window(CubicResize plan, Picture picture, int left, int top, int width, int height,
            float[] out, int at) {
        byte[] rgb = picture.rgb();
        int inRow = 3 * picture.width();
        plan.window(3, left, top, width, height, (y, row) -> {
            int from = y * inRow;
            for (int i = 0; i < inRow; i++) {
                row[i] = UNIT[rgb[from + i] & 0xFF];
            }
        }, (y, row) -> {
            int to = at + 3 * y * width;
            for (int i = 0; i < 3 * width; i += 3) {
                out[to + i] = (float) ((row[i] - MEAN[0]) / STD[0]);
                out[to + i + 1] = (float) ((row[i + 1] - MEAN[1]) / STD[1]);
                out[to + i + 2] = (float) ((row[i + 2] - MEAN[2]) / STD[2]);
            }
        });
    }

    /** The picture back from a normalised array [height,width,3]: for showing what the network was given. */
    public static Picture denormalised(float[] image, int at, int width, int height) {
        Picture picture = Picture.blank(width, height);
        byte[] rgb = picture.rgb();
        for (int i = 0; i < rgb.length; i++) {
            long level = Math.round((image[at + i] * STD[i % 3] + MEAN[i % 3]) * 255);
            rgb[i] = (byte) Math.clamp(level, 0, 255);
        }
        return picture;
    }
}
