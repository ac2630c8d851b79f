package dev.fathom.training.metrics;

import java.util.Arrays;

/**
 * How alike two grey pictures are, as scikit-image says it: RMSE, PSNR and SSIM.
 *
 * <p>SSIM (Wang et al. 2004) is {@code structural_similarity} as it is without options: uniform windows of 7x7, K1 0.01,
 * K2 0.03, sample covariances (n - 1), and the mean over all windows that lie within the picture. Pixels that do not
 * count are left out of RMSE and PSNR, and windows with such a pixel out of SSIM.
 *
 * @param rmse in the pictures' steps
 * @param psnr decibel; infinite for equal pictures
 * @param ssim at most 1; NaN if no window is whole
 */
public record EightBitScore(double rmse, double psnr, double ssim) {
    private static final int WINDOW = 7;
    private static final double RANGE = 255;

    /**
     * Compares depth maps as pictures: each is divided by its largest value among the pixels that count, multiplied by
     * 255 and cut to a whole number, which is how people make pictures of depth ("How to estimate depth from a single
     * image", Voxel51). A common factor of all depths therefore changes nothing.
     *
     * @param prediction [H,W], depth; below 0 counts as 0
     * @param truth [H,W], depth; 0 or less where there is none
     * @return NaN if no pixel counts or a prediction that counts is not finite
     */
    static EightBitScore ofDepths(float[] prediction, float[] truth, int width, int height) {
        boolean[] counts = new boolean[truth.length];
        float largestTruth = 0;
        float largest = 0;
        boolean finite = true;
        for (int i = 0; i < truth.length; i++) {
            counts[i] = truth[i] > 0;
            if (counts[i]) {
                largestTruth = Math.max(largestTruth, truth[i]);
                largest = Math.max(largest, prediction[i]);
                finite &= Float.isFinite(prediction[i]);
            }
        }
        return finite ? of(picture(prediction, largest), picture(truth, largestTruth), counts, width, height, RANGE)
                : new EightBitScore(Double.NaN, Double.NaN, Double.NaN);
    }

    private static double[] picture(float[] depth, float largest) {
        double[] grey = new double[depth.length];
        for (int i = 0; i < depth.length; i++) {
            grey[i] = largest > 0 ? Math.floor(Math.clamp(RANGE * depth[i] / largest, 0, RANGE)) : 0;
        }
        return grey;
    }

    /**
     * Compares pictures.
     *
     * @param a [H,W]
     * @param b [H,W]
     * @param counts [H,W], pixels to compare
     * @param range the largest value that is possible: 255
     */
    public static EightBitScore of(double[] a, double[] b, boolean[] counts, int width, int height, double range) {
        double squares = 0;
        long pixels = 0;
        for (int i = 0; i < a.length; i++) {
            if (counts[i]) {
                squares += (a[i] - b[i]) * (a[i] - b[i]);
                pixels++;
            }
        }
        double mse = squares / pixels;
        return new EightBitScore(Math.sqrt(mse), 10 * Math.log10(range * range / mse),
                new Windows(a, b, counts, width, height).ssim(range));
    }

    /** Sums over the windows of one row of windows after the other. */
    private static final class Windows {
        private static final int SUMS = 5;

        private final double[] a;
        private final double[] b;
        private final boolean[] counts;
        private final int width;
        private final int height;
        private final double[][] columns;
        private final int[] countsOfColumn;

        Windows(double[] a, double[] b, boolean[] counts, int width, int height) {
            this.a = a;
            this.b = b;
            this.counts = counts;
            this.width = width;
            this.height = height;
            this.columns = new double[width][SUMS];
            this.countsOfColumn = new int[width];
        }

        double ssim(double range) {
            double c1 = 0.01 * range * (0.01 * range);
            double c2 = 0.03 * range * (0.03 * range);
            double sum = 0;
            long windows = 0;
            for (int top = 0; top + WINDOW <= height; top++) {
                addColumns(top);
                for (int left = 0; left + WINDOW <= width; left++) {
                    double similarity = at(left, c1, c2);
                    if (!Double.isNaN(similarity)) {
                        sum += similarity;
                        windows++;
                    }
                }
            }
            return sum / windows;
        }

        /** Sums of a, b, a^2, b^2 and ab over 7 rows of each column. */
        private void addColumns(int top) {
            for (int x = 0; x < width; x++) {
                double[] column = columns[x];
                Arrays.fill(column, 0);
                countsOfColumn[x] = 0;
                for (int y = top; y < top + WINDOW; y++) {
                    int i = y * width + x;
                    column[0] += a[i];
                    column[1] += b[i];
                    column[2] += a[i] * a[i];
                    column[3] += b[i] * b[i];
                    column[4] += a[i] * b[i];
                    countsOfColumn[x] += counts[i] ? 1 : 0;
                }
            }
        }

        /** Of the window whose first column is {@code left}; NaN if it is not whole. */
        private double at(int left, double c1, double c2) {
            double sumA = 0;
            double sumB = 0;
            double sumAa = 0;
            double sumBb = 0;
            double sumAb = 0;
            int whole = 0;
            for (int x = left; x < left + WINDOW; x++) {
                double[] column = columns[x];
                sumA += column[0];
                sumB += column[1];
                sumAa += column[2];
                sumBb += column[3];
                sumAb += column[4];
                whole += countsOfColumn[x];
            }
            int n = WINDOW * WINDOW;
            if (whole < n) {
                return Double.NaN;
            }
            double meanA = sumA / n;
            double meanB = sumB / n;
            double sample = (double) n / (n - 1);
            double varA = sample * (sumAa / n - meanA * meanA);
            double varB = sample * (sumBb / n - meanB * meanB);
            double covariance = sample * (sumAb / n - meanA * meanB);
            return (2 * meanA * meanB + c1) * (2 * covariance + c2)
                    / ((meanA * meanA + meanB * meanB + c1) * (varA + varB + c2));
        }
    }
}
