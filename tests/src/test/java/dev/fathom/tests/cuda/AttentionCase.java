package dev.fathom.tests.cuda;

import dev.fathom.engine.DType;
import dev.fathom.engine.numeric.HalfFloats;
import java.util.Arrays;
import java.util.Random;

/**
 * An attention with its inputs, and, by loops over all pairs of tokens in float64, its exact results with a bound for
 * each element of what a kernel may be away from them.
 *
 * <p>The bounds follow every rounding, with u the unit roundoff of the 16-bit dtype (0 for float32):
 * <ul>
 * <li>a probability p is rounded before it is multiplied: |error of y| &lt;= u sum p |v|, of dv &lt;= u sum p |dy|;
 * <li>so is ds: |error of dq| &lt;= u s sum |ds| |k|, of dk &lt;= u s sum |ds| |q|;
 * <li>the result is rounded: u |result|, or half of the smallest f16, 2<sup>-25</sup>, where that is more; the same for
 * each ds and p;
 * <li>float32: a score s = q k / sqrt(d) is off by a few 2<sup>-24</sup> sum |q| |k| / sqrt(d), which is a
 * relative error of p; ex2 adds 2<sup>-22</sup>, sums over T tokens sqrt(T) 2<sup>-24</sup>. Together r, below.
 * </ul>
 */
record AttentionCase(DType dtype, int batch, int tokens, int heads, int size, double[] qkv, double[] dy) {
    /** Values in [-spread, spread), those of q moved by +shift and those of k by -shift, so that scores are negative. */
    static AttentionCase random(DType dtype, int batch, int tokens, int heads, int size, double spread, double shift) {
        Random random = new Random(tokens * 31L + size);
        int channels = heads * size;
        double[] qkv = new double[batch * tokens * 3 * channels];
        for (int i = 0; i < qkv.length; i++) {
            int part = i / channels % 3;
            qkv[i] = round((random.nextDouble() * 2 - 1) * spread + (part == 0 ? shift : part == 1 ? -shift : 0), dtype);
        }
        double[] dy = new double[batch * tokens * channels];
        Arrays.setAll(dy, i -> round(random.nextDouble() * 2 - 1, dtype));
        return new AttentionCase(dtype, batch, tokens, heads, size, qkv, dy);
    }

    /** The same with later keys the better ones, so that each tile of keys has a new maximum, much above the last. */
    AttentionCase rising() {
        double[] moved = qkv.clone();
        int channels = heads * size;
        for (int i = 0; i < moved.length; i++) {
            int token = i / channels / 3 % tokens;
            int part = i / channels % 3;
            moved[i] = round(part == 2 ? qkv[i] : part == 0 ? 1 + 0.1 * qkv[i] : 0.02 * token + 0.1 * qkv[i], dtype);
        }
        return new AttentionCase(dtype, batch, tokens, heads, size, moved, dy);
    }

    private static double round(double x, DType dtype) {
        return switch (dtype) {
            case F16 -> HalfFloats.fromFloat16(HalfFloats.toFloat16(x));
            case BF16 -> HalfFloats.fromBfloat16(HalfFloats.toBfloat16(x));
            default -> (float) x;
        };
    }

    int pairs() {
        return batch * heads;
    }

    /** Elements of y. */
    int elements() {
        return batch * tokens * heads * size;
    }

    /** Elements of lse. */
    int rows() {
        return pairs() * tokens;
    }

    float scale() {
        return (float) (1 / Math.sqrt(size));
    }

    private double u() {
        return dtype == DType.F16 ? 0x1p-11 : dtype == DType.BF16 ? 0x1p-8 : 0;
    }

    private double smallest() {
        return dtype == DType.F16 ? 0x1p-25 : 0;
    }

    /** An exact result and how far from it each element may be. */
    record Exact(double[] value, double[] bound) {
        Exact(int n) {
            this(new double[n], new double[n]);
        }

        /** The largest part of a bound that these results use. */
        double worst(double[] results) {
            double worst = 0;
            for (int i = 0; i < value.length; i++) {
                double error = Math.abs(results[i] - value[i]);
                if (!(error <= bound[i])) {
                    throw new AssertionError("element " + i + " of " + value.length + " is " + results[i] + ", exact is "
                            + value[i] + ": off by " + error + ", allowed " + bound[i]);
                }
                worst = Math.max(worst, bound[i] == 0 ? 0 : error / bound[i]);
            }
            return worst;
        }
    }

    private int q(int n, int i, int h, int part, int c) {
        return ((n * tokens + i) * 3 + part) * heads * size + h * size + c;
    }

    private int y(int n, int i, int h, int c) {
        return (n * tokens + i) * heads * size + h * size + c;
    }

    /** s_ij for every j, and in r the relative error of e^s_ij in float32. */
    private void scores(int n, int h, int i, double[] s, double[] r) {
        for (int j = 0; j < tokens; j++) {
            double dot = 0;
            double size = 0;
            for (int c = 0; c < this.size; c++) {
                double term = qkv[q(n, i, h, 0, c)] * qkv[q(n, j, h, 1, c)];
                dot += term;
                size += Math.abs(term);
            }
            s[j] = dot * scale();
            r[j] = 0x1p-22 + 0x1p-24 * (Math.sqrt(tokens) + 8 * size * scale());
        }
    }

    /** y and lse. */
    Exact[] forward() {
        Exact y = new Exact(elements());
        Exact lse = new Exact(rows());
        double[] s = new double[tokens];
        double[] r = new double[tokens];
        for (int row = 0; row < rows(); row++) {
            int n = row / tokens / heads;
            int h = row / tokens % heads;
            int i = row % tokens;
            scores(n, h, i, s, r);
            double max = Arrays.stream(s).max().orElseThrow();
            double worst = Arrays.stream(r).max().orElseThrow();
            double sum = Arrays.stream(s).map(x -> Math.exp(x - max)).sum();
            lse.value[row] = max + Math.log(sum);
            lse.bound[row] = worst + 0x1p-22 * Math.abs(lse.value[row]);
            for (int c = 0; c < size; c++) {
                double value = 0;
                double sizes = 0;
                double sizesHalf = 0;
                for (int j = 0; j < tokens; j++) {
                    double p = Math.exp(s[j] - lse.value[row]);
                    double v = qkv[q(n, j, h, 2, c)];
                    value += p * v;
                    sizes += p * Math.abs(v) * 2 * worst;
                    sizesHalf += Math.max(u() * p, smallest()) * Math.abs(v);
                }
                y.value[y(n, i, h, c)] = value;
                y.bound[y(n, i, h, c)] = sizes + sizesHalf + Math.max(u() * Math.abs(value), smallest());
            }
        }
        return new Exact[] {y, lse};
    }

    /** dqkv, given the y and lse that a kernel made. */
    Exact backward(double[] y, double[] lse) {
        Exact d = new Exact(3 * elements());
        double[] s = new double[tokens];
        double[] r = new double[tokens];
        for (int row = 0; row < rows(); row++) {
            int n = row / tokens / heads;
            int h = row / tokens % heads;
            int i = row % tokens;
            scores(n, h, i, s, r);
            double big = 0;
            double sizeOfBig = 0;
            for (int c = 0; c < size; c++) {
                double term = dy[y(n, i, h, c)] * y[y(n, i, h, c)];
                big += term;
                sizeOfBig += Math.abs(term);
            }
            for (int j = 0; j < tokens; j++) {
                double p = Math.exp(s[j] - lse[row]);
                double dp = 0;
                double sizeOfDp = 0;
                for (int c = 0; c < size; c++) {
                    double term = dy[y(n, i, h, c)] * qkv[q(n, j, h, 2, c)];
                    dp += term;
                    sizeOfDp += Math.abs(term);
                }
                double relative = 2 * r[j] + 0x1p-22 * Math.abs(lse[row]);
                double ds = p * (dp - big);
                double dsBound = relative * p * (sizeOfDp + sizeOfBig) + Math.max(u() * Math.abs(ds), smallest());
                double pBound = relative * p + Math.max(u() * p, smallest());
                for (int c = 0; c < size; c++) {
                    add(d, q(n, i, h, 0, c), ds * scale(), dsBound * scale(), qkv[q(n, j, h, 1, c)]);
                    add(d, q(n, j, h, 1, c), ds * scale(), dsBound * scale(), qkv[q(n, i, h, 0, c)]);
                    add(d, q(n, j, h, 2, c), p, pBound, dy[y(n, i, h, c)]);
                }
            }
        }
        for (int i = 0; i < d.bound.length; i++) {
            d.bound[i] += Math.max(u() * (Math.abs(d.value[i]) + d.bound[i]), smallest());
        }
        return d;
    }

    private static void add(Exact to, int at, double weight, double bound, double value) {
        to.value[at] += weight * value;
        to.bound[at] += bound * Math.abs(value);
    }
}
