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

    /**
     * Sums over windows, one row of windows after the other: first over the rows of each column, then over neighbouring
     * columns. Plain loops over long arrays, which the compiler turns into vector instructions.
     */
    private static final class Windows {
        private final double[] a;
        private final double[] b;
        private final boolean[] counts;
        private final int width;
        private final int height;
        /** Over 7 rows of each column: a, b, a^2, b^2, ab. */
        private final double[][] columns;
        private final int[] countsOfColumn;
        /** The same over 7 columns, of the window that begins at each. */
        private final double[][] windows;

        Windows(double[] a, double[] b, boolean[] counts, int width, int height) {
            this.a = a;
            this.b = b;
            this.counts = counts;
            this.width = width;
            this.height = height;
            this.columns = new double[5][width];
            this.countsOfColumn = new int[width];
            this.windows = new double[5][Math.max(0, width - WINDOW + 1)];
        }

        double ssim(double range) {
            double c1 = 0.01 * range * (0.01 * range);
            double c2 = 0.03 * range * (0.03 * range);
            double sum = 0;
            long whole = 0;
            for (int top = 0; top + WINDOW <= height; top++) {
                addColumns(top);
                for (int k = 0; k < columns.length; k++) {
                    addNeighbours(columns[k], windows[k]);
                }
                int counting = 0;
                for (int x = 0; x < width; x++) {
                    counting += countsOfColumn[x] - (x < WINDOW ? 0 : countsOfColumn[x - WINDOW]);
                    if (counting == WINDOW * WINDOW) {
                        sum += similarity(x - WINDOW + 1, c1, c2);
                        whole++;
                    }
                }
            }
            return sum / whole;
        }

        private void addColumns(int top) {
            for (double[] column : columns) {
                Arrays.fill(column, 0);
            }
            for (int y = top == 0 ? 0 : top + WINDOW - 1; y < top + WINDOW; y++) {
                for (int x = 0; x < width; x++) {
                    countsOfColumn[x] += (counts[y * width + x] ? 1 : 0)
                            - (y >= WINDOW && counts[(y - WINDOW) * width + x] ? 1 : 0);
                }
            }
            for (int y = top; y < top + WINDOW; y++) {
                int row = y * width;
                addValues(a, row, columns[0]);
                addValues(b, row, columns[1]);
                addProducts(a, a, row, columns[2]);
                addProducts(b, b, row, columns[3]);
                addProducts(a, b, row, columns[4]);
            }
        }

        private static void addValues(double[] values, int from, double[] sums) {
            for (int x = 0; x < sums.length; x++) {
                sums[x] += values[from + x];
            }
        }

        private static void addProducts(double[] left, double[] right, int from, double[] sums) {
            for (int x = 0; x < sums.length; x++) {
                sums[x] += left[from + x] * right[from + x];
            }
        }

        private static void addNeighbours(double[] column, double[] window) {
            for (int x = 0; x < window.length; x++) {
                window[x] = column[x] + column[x + 1] + column[x + 2] + column[x + 3] + column[x + 4] + column[x + 5]
                        + column[x + 6];
            }
        }

        /** Of the window whose first column is {@code left}. */
        private double similarity(int left, double c1, double c2) {
            int n = WINDOW * WINDOW;
            double meanA = windows[0][left] / n;
            double meanB = windows[1][left] / n;
            double sample = (double) n / (n - 1);
            double varA = sample * (windows[2][left] / n - meanA * meanA);
            double varB = sample * (windows[3][left] / n - meanB * meanB);
            double covariance = sample * (windows[4][left] / n - meanA * meanB);
            return (2 * meanA * meanB + c1) * (2 * covariance + c2)
                    / ((meanA * meanA + meanB * meanB + c1) * (varA + varB + c2));
        }
    }
}
