package dev.fathom.engine.ops;

/**
 * How resampling reads one axis: for every output position the same number of input positions ("taps") and their
 * weights, computed in float64. A resampled image is this rule applied along rows and along columns, one after the
 * other.
 *
 * <p>The source coordinate s of output position o of {@code out}, for an axis of {@code in} inputs:
 *
 * <table>
 * <caption>Rules of torch.nn.functional.interpolate</caption>
 * <tr><th>mode</th><th>alignCorners</th><th>s</th></tr>
 * <tr><td>bilinear</td><td>true</td><td>o (in-1)/(out-1); 0 if out is 1</td></tr>
 * <tr><td>bilinear</td><td>false</td><td>max(0, (o + 0.5) in/out - 0.5)</td></tr>
 * <tr><td>bicubic</td><td>true</td><td>o step, step = (in-1)/(out-1); 0 if out is 1</td></tr>
 * <tr><td>bicubic</td><td>false</td><td>(o + 0.5) step - 0.5, step = in/out or 1/scale; not clamped</td></tr>
 * <tr><td>nearest</td><td></td><td>floor(o in/out), in whole numbers</td></tr>
 * </table>
 *
 * <p>Taps that leave the axis read its first or last position.
 */
public final class AxisTaps {
    /** The cubic convolution coefficient of PyTorch and OpenCV (Keys 1981 calls it a, and prefers -0.5). */
    static final double CUBIC_A = -0.75;

    private final int inputs;
    private final int outputs;
    private final int width;
    private final int[] index;
    private final double[] weight;

    private AxisTaps(int inputs, int outputs, int width) {
        this.inputs = inputs;
        this.outputs = outputs;
        this.width = width;
        this.index = new int[outputs * width];
        this.weight = new double[outputs * width];
    }

    /** Linear interpolation between the two neighbours of s: weights 1 - t and t with t = s - floor(s). */
    public static AxisTaps bilinear(int in, int out, boolean alignCorners) {
        AxisTaps taps = new AxisTaps(in, out, 2);
        for (int o = 0; o < out; o++) {
            double s = alignCorners ? (out == 1 ? 0 : o * (in - 1.0) / (out - 1.0))
                    : Math.max(0, (o + 0.5) * ((double) in / out) - 0.5);
            int low = Math.min((int) s, in - 1);
            double t = s - low;
            taps.set(o, 0, low, 1 - t);
            taps.set(o, 1, low + 1, t);
        }
        return taps;
    }

    /**
     * Cubic convolution over floor(s) - 1 .. floor(s) + 2. At distance d from s the weight is (A+2) d^3 - (A+3) d^2 + 1
     * up to 1, and A d^3 - 5A d^2 + 8A d - 4A from 1 to 2, with A = -0.75; not renormalised, no antialiasing.
     */
    public static AxisTaps bicubic(int in, int out, double step, boolean alignCorners) {
        AxisTaps taps = new AxisTaps(in, out, 4);
        for (int o = 0; o < out; o++) {
            double s = alignCorners ? o * step : (o + 0.5) * step - 0.5;
            int floor = (int) Math.floor(s);
            double t = s - floor;
            taps.set(o, 0, floor - 1, cubicFar(1 + t));
            taps.set(o, 1, floor, cubicNear(t));
            taps.set(o, 2, floor + 1, cubicNear(1 - t));
            taps.set(o, 3, floor + 2, cubicFar(2 - t));
        }
        return taps;
    }

    /** One tap of weight 1. */
    public static AxisTaps nearest(int in, int out) {
        AxisTaps taps = new AxisTaps(in, out, 1);
        for (int o = 0; o < out; o++) {
            taps.set(o, 0, (int) ((long) o * in / out), 1);
        }
        return taps;
    }

    private static double cubicNear(double d) {
        return ((CUBIC_A + 2) * d - (CUBIC_A + 3)) * d * d + 1;
    }

    private static double cubicFar(double d) {
        return ((CUBIC_A * d - 5 * CUBIC_A) * d + 8 * CUBIC_A) * d - 4 * CUBIC_A;
    }

    private void set(int output, int tap, int input, double w) {
        index[output * width + tap] = Math.clamp(input, 0, inputs - 1);
        weight[output * width + tap] = w;
    }

    /** Extent of the axis that is read. */
    public int inputs() {
        return inputs;
    }

    /** Extent of the axis that is written. */
    public int outputs() {
        return outputs;
    }

    /** Taps of each output position: 1 nearest, 2 bilinear, 4 bicubic. */
    public int width() {
        return width;
    }

    /** Which input position tap number {@code tap} of an output position reads. */
    public int index(int output, int tap) {
        return index[output * width + tap];
    }

    /** Weight of tap number {@code tap} of an output position. */
    public double weight(int output, int tap) {
        return weight[output * width + tap];
    }

    /**
     * The same rule seen from the inputs, for gradients that gather: who reads input i, and with which weight. Readers
     * come in ascending order; taps of one reader that fall on one input (at the borders) are summed; weights of zero
     * are left out.
     *
     * @param start entries start[i] to start[i+1] - 1 belong to input i; one longer than the axis
     * @param output the reading output position of each entry
     * @param weight its weight
     */
    public record Readers(int[] start, int[] output, double[] weight) {
    }

    /** {@link Readers} of this rule. */
    public Readers readers() {
        double[] total = new double[outputs * width];
        int[] start = new int[inputs + 1];
        for (int o = 0; o < outputs; o++) {
            for (int k = 0; k < width; k++) {
                int first = firstTapOn(o, index(o, k));
                total[o * width + first] += weight(o, k);
            }
            for (int k = 0; k < width; k++) {
                start[index(o, k) + 1] += total[o * width + k] != 0 ? 1 : 0;
            }
        }
        for (int i = 0; i < inputs; i++) {
            start[i + 1] += start[i];
        }
        int[] next = start.clone();
        int[] output = new int[start[inputs]];
        double[] summed = new double[output.length];
        for (int o = 0; o < outputs; o++) {
            for (int k = 0; k < width; k++) {
                if (total[o * width + k] != 0) {
                    int entry = next[index(o, k)]++;
                    output[entry] = o;
                    summed[entry] = total[o * width + k];
                }
            }
        }
        return new Readers(start, output, summed);
    }

    private int firstTapOn(int output, int input) {
        int k = 0;
        while (index(output, k) != input) {
            k++;
        }
        return k;
    }
}
