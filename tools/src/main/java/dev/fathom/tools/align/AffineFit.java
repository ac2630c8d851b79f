package dev.fathom.tools.align;

import dev.fathom.engine.numeric.Selection;
import java.util.Arrays;
import java.util.Optional;

/**
 * A scale and a shift that bring one map's values x to another's y, {@code y = scale * x + shift}, though a good part
 * of the pixels disagrees: things that moved, edges that one of the maps does not have.
 *
 * <p>Iteratively reweighted least squares with Tukey's biweight (Beaton and Tukey 1974), from the start that medians
 * give: the ratio of the median absolute deviations for the scale, the medians for the shift. A residual weighs
 * {@code (1 - (r / c)^2)^2} within {@code c = 4.685 * 1.4826 * median |r|} and nothing beyond, so that gross outliers
 * have no pull at all. All sums are float64 in the values' order: the same values give the same bits.
 *
 * @param scale     what x is multiplied by
 * @param shift     what is then added, in y's unit
 * @param residual  median of |y - scale * x - shift|
 * @param spread    median of |y - median y|
 */
public record AffineFit(double scale, double shift, double residual, double spread) {
    /** Changes nothing. */
    public static final AffineFit NONE = new AffineFit(1, 0, 0, 0);

    /** What may be fitted. */
    public enum Freedom {
        /** Scale and shift: maps that are known up to both. */
        AFFINE,
        /** Scale alone: metres, whose zero is a true one. */
        SCALE
    }

    /** Fewer pairs than this say nothing. */
    private static final int FEWEST = 16;
    private static final int MOST_ROUNDS = 50;
    /** 95 % as efficient as least squares where residuals are normal. */
    private static final double TUKEY = 4.685;
    /** From a median absolute deviation to a standard deviation, where residuals are normal. */
    private static final double MAD_TO_SIGMA = 1.4826;
    /** Residuals below this part of the spread are rounding, and not told apart. */
    private static final double ROUNDING = 1e-6;
    private static final double SETTLED = 1e-9;

    /** The value at x. */
    public float at(float x) {
        return (float) (scale * x + shift);
    }

    /** How much of y is explained: 1 all of it, 0 or less no more than by a constant. */
    public double agreement() {
        return spread > 0 ? 1 - residual / spread : residual > 0 ? 0 : 1;
    }

    /**
     * Fits; pairs of which a value is not finite do not count.
     *
     * @param x [N], {@code y} [N]
     * @return nothing where the values do not determine it: too few of them, x all the same (for {@link Freedom#SCALE}:
     *     0), or maps that run against each other, so that the scale would not be positive
     */
    public static Optional<AffineFit> robust(float[] x, float[] y, Freedom freedom) {
        double[] a = new double[x.length];
        double[] b = new double[x.length];
        int n = 0;
        for (int i = 0; i < x.length; i++) {
            if (Float.isFinite(x[i]) && Float.isFinite(y[i])) {
                a[n] = x[i];
                b[n++] = y[i];
            }
        }
        if (n < FEWEST) {
            return Optional.empty();
        }
        return new Values(Arrays.copyOf(a, n), Arrays.copyOf(b, n)).fit(freedom);
    }

    /** The pairs, and room for what is computed of each. */
    private static final class Values {
        private final double[] x;
        private final double[] y;
        private final double[] scratch;
        private final double spread;
        private double scale;
        private double shift;

        Values(double[] x, double[] y) {
            this.x = x;
            this.y = y;
            this.scratch = new double[x.length];
            this.spread = deviation(y, median(y));
        }

        Optional<AffineFit> fit(Freedom freedom) {
            boolean affine = freedom == Freedom.AFFINE;
            if (!(affine ? startAffine() : startScale())) {
                return Optional.empty();
            }
            double least = ROUNDING * Math.max(meanDeviation(y, affine ? median(y) : 0), Double.MIN_NORMAL);
            for (int round = 0; round < MOST_ROUNDS; round++) {
                double within = TUKEY * Math.max(MAD_TO_SIGMA * residual(), least);
                double before = scale;
                double shiftBefore = shift;
                if (!(affine ? weightedAffine(within) : weightedScale(within))) {
                    return Optional.empty();
                }
                if (Math.abs(scale - before) <= SETTLED * Math.abs(scale)
                        && Math.abs(shift - shiftBefore) <= SETTLED * (Math.abs(shift) + spread)) {
                    break;
                }
            }
            return scale > 0 ? Optional.of(new AffineFit(scale, shift, residual(), spread)) : Optional.empty();
        }

        private boolean startAffine() {
            double middle = median(x);
            double deviation = deviation(x, middle);
            double other = spread;
            if (deviation == 0 || other == 0) {
                // More than half of a map is flat: medians see nothing of the rest.
                deviation = meanDeviation(x, middle);
                other = meanDeviation(y, median(y));
            }
            scale = other / deviation;
            shift = median(y) - scale * middle;
            return deviation > 0 && Double.isFinite(scale);
        }

        private boolean startScale() {
            double middle = median(x);
            scale = median(y) / middle;
            shift = 0;
            return middle != 0 && Double.isFinite(scale) && scale > 0;
        }

        /** One round: least squares with the weights of the residuals so far. False where they leave nothing. */
        private boolean weightedAffine(double within) {
            double sum = 0;
            double sumX = 0;
            double sumY = 0;
            for (int i = 0; i < x.length; i++) {
                double w = weight(i, within);
                sum += w;
                sumX += w * x[i];
                sumY += w * y[i];
            }
            double meanX = sumX / sum;
            double meanY = sumY / sum;
            double xx = 0;
            double xy = 0;
            for (int i = 0; i < x.length; i++) {
                double w = weight(i, within);
                xx += w * (x[i] - meanX) * (x[i] - meanX);
                xy += w * (x[i] - meanX) * (y[i] - meanY);
            }
            if (!(xx > 0)) {
                return false;
            }
            scale = xy / xx;
            shift = meanY - scale * meanX;
            return Double.isFinite(scale);
        }

        private boolean weightedScale(double within) {
            double xx = 0;
            double xy = 0;
            for (int i = 0; i < x.length; i++) {
                double w = weight(i, within);
                xx += w * x[i] * x[i];
                xy += w * x[i] * y[i];
            }
            scale = xy / xx;
            return xx > 0 && Double.isFinite(scale);
        }

        private double weight(int i, double within) {
            double r = (y[i] - scale * x[i] - shift) / within;
            double inside = 1 - r * r;
            return inside > 0 ? inside * inside : 0;
        }

        /** Median of the residuals' absolute values. */
        private double residual() {
            for (int i = 0; i < x.length; i++) {
                scratch[i] = Math.abs(y[i] - scale * x[i] - shift);
            }
            return Selection.median(scratch);
        }

        private double median(double[] values) {
            System.arraycopy(values, 0, scratch, 0, values.length);
            return Selection.median(scratch);
        }

        private double deviation(double[] values, double from) {
            for (int i = 0; i < values.length; i++) {
                scratch[i] = Math.abs(values[i] - from);
            }
            return Selection.median(scratch);
        }

        private static double meanDeviation(double[] values, double from) {
            double sum = 0;
            for (double v : values) {
                sum += Math.abs(v - from);
            }
            return sum / values.length;
        }
    }
}
