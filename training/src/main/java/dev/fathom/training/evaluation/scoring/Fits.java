package dev.fathom.training.evaluation.scoring;

import dev.fathom.engine.numeric.Selection;
import dev.fathom.training.evaluation.protocol.Alignment;
import dev.fathom.training.evaluation.protocol.Fitting;
import dev.fathom.training.evaluation.protocol.SkippedImageException;
import java.util.Arrays;

/**
 * Fits a prediction p to a truth t over n pixels, in float64.
 *
 * <p><b>Scale, least squares.</b> E(s) = sum (s p - t)^2 has E'(s) = 2 sum p (s p - t) = 0 at s = sum p t / sum p^2, the
 * only minimum as E'' = 2 sum p^2 is positive unless every p is 0.
 *
 * <p><b>Affine, least squares.</b> E(s, b) = sum (s p + b - t)^2. dE/db = 0 gives b = mean(t) - s mean(p): the line goes
 * through the means. With that, E is a function of s of the centred values, so s = sum (p - mean p)(t - mean t) / sum (p -
 * mean p)^2. This is the solution of MiDaS's 2 x 2 normal equations, (a11 b0 - a01 b1) / det and (a00 b1 - a01 b0) / det,
 * without their cancellation: det = n sum (p - mean p)^2 is there the difference of two large numbers.
 *
 * <p><b>Median</b> (Monodepth2). s = median(t) / median(p). <b>Scale, robust.</b> s = median(t / p), which is the factor
 * of the typical pixel: half of the pixels want a smaller one, half a larger.
 *
 * <p><b>Affine, robust</b> (MiDaS). s = d(t) / d(p) and b = m(t) - s m(p) with m the median and d(x) = mean |x - m(x)|: then
 * (s p + b - m(t)) / d(t) = (p - m(p)) / d(p), both are normalised in the same way. s is never negative.
 *
 * <p>A median of an even number of values is the mean of the two in the middle, as NumPy's.
 */
final class Fits {
    private Fits() {
    }

    /**
     * Fits.
     *
     * @param p the prediction's values at the pixels that count, all finite; overwritten
     * @param t the true values there; overwritten
     * @throws SkippedImageException where the values determine no fit
     */
    static Fit of(Alignment alignment, Fitting fitting, double[] p, double[] t) {
        boolean robust = fitting == Fitting.ROBUST;
        return switch (alignment) {
            case NONE -> throw new IllegalArgumentException("nothing is to be fitted");
            case MEDIAN -> median(p, t);
            case SCALE -> robust ? robustScale(p, t) : scale(p, t);
            case AFFINE, AFFINE_DISPARITY -> robust ? robustAffine(p, t) : affine(p, t);
        };
    }

    private static Fit scale(double[] p, double[] t) {
        double pt = 0;
        double pp = 0;
        for (int i = 0; i < p.length; i++) {
            pt += p[i] * t[i];
            pp += p[i] * p[i];
        }
        return factor(pt, pp, p.length, "the prediction is 0 at every pixel that counts");
    }

    private static Fit median(double[] p, double[] t) {
        return factor(Selection.median(t), Selection.median(p), p.length, "the median of the prediction is 0");
    }

    private static Fit factor(double above, double below, int pixels, String refusal) {
        double scale = above / below;
        if (below == 0 || !Double.isFinite(scale)) {
            throw new SkippedImageException(refusal + ", so no scale fits");
        }
        return new Fit(scale, 0, pixels);
    }

    private static Fit robustScale(double[] p, double[] t) {
        double[] ratios = new double[p.length];
        int n = 0;
        for (int i = 0; i < p.length; i++) {
            if (p[i] != 0) {
                ratios[n++] = t[i] / p[i];
            }
        }
        if (n == 0) {
            throw new SkippedImageException("the prediction is 0 at every pixel that counts, so no scale fits");
        }
        return new Fit(Selection.median(Arrays.copyOf(ratios, n)), 0, p.length);
    }

    private static Fit affine(double[] p, double[] t) {
        requireVariation(p);
        double meanP = mean(p);
        double meanT = mean(t);
        double pt = 0;
        double pp = 0;
        for (int i = 0; i < p.length; i++) {
            pt += (p[i] - meanP) * (t[i] - meanT);
            pp += (p[i] - meanP) * (p[i] - meanP);
        }
        double scale = pt / pp;
        return new Fit(scale, meanT - scale * meanP, p.length);
    }

    private static Fit robustAffine(double[] p, double[] t) {
        requireVariation(p);
        double middleP = Selection.median(p);
        double middleT = Selection.median(t);
        double scale = deviation(t, middleT) / deviation(p, middleP);
        return new Fit(scale, middleT - scale * middleP, p.length);
    }

    /** By the values themselves, not by a sum of squares, which rounding may leave above 0. */
    private static void requireVariation(double[] p) {
        for (double value : p) {
            if (value != p[0]) {
                return;
            }
        }
        throw new SkippedImageException("the prediction is the same at every pixel that counts, so no scale and shift fit");
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** mean |x - m|. */
    private static double deviation(double[] values, double middle) {
        double sum = 0;
        for (double value : values) {
            sum += Math.abs(value - middle);
        }
        return sum / values.length;
    }
}
