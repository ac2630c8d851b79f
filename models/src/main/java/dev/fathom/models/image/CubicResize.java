package dev.fathom.models.image;

/**
 * OpenCV's cubic resize ({@code cv2.resize(..., INTER_CUBIC)}) of float64 pictures, to the bit.
 *
 * <p>For each axis, with step = 1 / (out / in) in double: the source position of output pixel d is
 * f = (float) ((d + 0.5) * step - 0.5); i = floor(f); t = f - i. The four weights are the cubic convolution kernel
 * (Keys 1981) with A = -0.75, computed <em>in float</em>, the last as one minus the others; the sources i-1 .. i+2 are
 * clamped to the picture. Rows are resampled first, then columns, sums in double in the order of the taps. There is no
 * low-pass filter when shrinking, and results may leave the range of the input.
 *
 * <p>An instance is a plan for one pair of sizes: immutable, cheap, shared freely between threads. It never holds the
 * picture: source rows come from a {@link Source} and finished rows go to a {@link Sink}, so that unpacking bytes and
 * normalising cost no extra pass over memory, and a crop computes only what it keeps.
 */
public final class CubicResize {

    /** Where source rows come from. */
    @FunctionalInterface
    public interface Source {
        /** Writes source row {@code y}, W_in * channels values, to {@code row}. */
        void read(int y, double[] row);
    }

    /** Where finished rows go. */
    @FunctionalInterface
    public interface Sink {
        /** Takes output row {@code y}; its array is reused for the next row. */
        void write(int y, double[] row);
    }

    private final int inWidth;
    private final Axis columns;
    private final Axis rows;

    /** One axis: for every output position four clamped sources and their weights. */
    private record Axis(int[] sources, double[] weights) {

        static Axis of(int in, int out) {
            int[] sources = new int[4 * out];
            double[] weights = new double[4 * out];
            double step = 1.0 / ((double) out / in);
            for (int d = 0; d < out; d++) {
                float f = (float) ((d + 0.5) * step - 0.5);
                int i = (int) Math.floor(f);
                for (int tap = 0; tap < 4; tap++) {
                    sources[4 * d + tap] = Math.clamp((long) i - 1 + tap, 0, in - 1);
                }
                cubicWeights(f - i, weights, 4 * d);
            }
            return new Axis(sources, weights);
        }

        /** Float arithmetic throughout, as OpenCV's interpolateCubic. */
        private static void cubicWeights(float t, double[] weights, int at) {
            final float a = -0.75f;
            float before = t + 1;
            float after = 1 - t;
            float w0 = ((a * before - 5 * a) * before + 8 * a) * before - 4 * a;
            float w1 = ((a + 2) * t - (a + 3)) * t * t + 1;
            float w2 = ((a + 2) * after - (a + 3)) * after * after + 1;
            weights[at] = w0;
            weights[at + 1] = w1;
            weights[at + 2] = w2;
            weights[at + 3] = 1 - w0 - w1 - w2;
        }
    }

    /** A plan from one size to another; all sides at least 1. */
    public CubicResize(int inWidth, int inHeight, int outWidth, int outHeight) {
        this.inWidth = inWidth;
        this.columns = Axis.of(inWidth, outWidth);
        this.rows = Axis.of(inHeight, outHeight);
    }

    /** The whole picture at once: {@code [H_in,W_in,channels]} to {@code [H_out,W_out,channels]}. */
    public double[] resize(double[] source, int channels) {
        int inRow = inWidth * channels;
        int outWidth = columns.sources.length / 4;
        int outHeight = rows.sources.length / 4;
        double[] out = new double[Math.multiplyExact(outWidth * channels, outHeight)];
        window(channels, 0, 0, outWidth, outHeight, (y, row) -> System.arraycopy(source, y * inRow, row, 0, inRow),
                (y, row) -> System.arraycopy(row, 0, out, y * outWidth * channels, outWidth * channels));
        return out;
    }

    /**
     * Computes a window of the resized picture, top to bottom.
     *
     * @param channels values a pixel
     * @param left     first output column; {@code top} the first output row
     * @param width    columns of the window; {@code height} its rows
     * @param source   called at most once for each source row that is needed, in increasing order
     * @param sink     called once for each row of the window with y counted from the window's top; the row holds
     *                 width * channels values
     */
    public void window(int channels, int left, int top, int width, int height, Source source, Sink sink) {
        double[] sourceRow = new double[inWidth * channels];
        double[][] ring = new double[4][width * channels];      // source rows, resampled along x
        int[] held = {-1, -1, -1, -1};                          // which source row each slot holds
        double[] out = new double[width * channels];
        double[][] taps = new double[4][];
        for (int y = 0; y < height; y++) {
            int at = 4 * (top + y);
            for (int tap = 0; tap < 4; tap++) {
                // The four sources of a row are neighbours, so row s in slot s mod 4 never evicts one still needed.
                int s = rows.sources[at + tap];
                int slot = s & 3;
                if (held[slot] != s) {
                    source.read(s, sourceRow);
                    alongRow(sourceRow, ring[slot], channels, left, width);
                    held[slot] = s;
                }
                taps[tap] = ring[slot];
            }
            acrossRows(taps, rows.weights, at, out);
            sink.write(y, out);
        }
    }

    private void alongRow(double[] in, double[] out, int channels, int left, int width) {
        int[] sources = columns.sources;
        double[] weights = columns.weights;
        for (int x = 0, o = 0; x < width; x++) {
            int at = 4 * (left + x);
            int s0 = sources[at] * channels;
            int s1 = sources[at + 1] * channels;
            int s2 = sources[at + 2] * channels;
            int s3 = sources[at + 3] * channels;
            double w0 = weights[at];
            double w1 = weights[at + 1];
            double w2 = weights[at + 2];
            double w3 = weights[at + 3];
            for (int c = 0; c < channels; c++) {
                out[o++] = in[s0 + c] * w0 + in[s1 + c] * w1 + in[s2 + c] * w2 + in[s3 + c] * w3;
            }
        }
    }

    private static void acrossRows(double[][] taps, double[] weights, int at, double[] out) {
        double[] r0 = taps[0];
        double[] r1 = taps[1];
        double[] r2 = taps[2];
        double[] r3 = taps[3];
        double w0 = weights[at];
        double w1 = weights[at + 1];
        double w2 = weights[at + 2];
        double w3 = weights[at + 3];
        for (int i = 0; i < out.length; i++) {
            out[i] = r0[i] * w0 + r1[i] * w1 + r2[i] * w2 + r3[i] * w3;
        }
    }
}
