package dev.fathom.tools.report;

import java.util.Arrays;

/**
 * A curve of any length in bounded memory: what a chart can show of it. Neighbouring points share a bucket that knows
 * their least, their greatest and their mean value; when there are too many buckets, pairs of them become one. So a
 * spike of one step in a million is still seen, in the bucket's range.
 *
 * <p>Values that are not finite are counted, and the place of the first ones is kept; they take no part in the rest.
 */
public final class Series {
    /** Buckets at most: a chart is about as many pixels wide. */
    static final int MOST = 512;
    /** Places of values that are not finite, at most. */
    private static final int MOST_PLACES = 100;

    private final double[] xSum = new double[MOST];
    private final int[] points = new int[MOST];
    private final double[] sum = new double[MOST];
    private final int[] finite = new int[MOST];
    private final double[] low = new double[MOST];
    private final double[] high = new double[MOST];
    private int used;
    private int perBucket = 1;
    private long count;
    private long nonFinite;
    private final double[] places = new double[MOST_PLACES];
    private double last = Double.NaN;
    private double least = Double.POSITIVE_INFINITY;
    private double greatest = Double.NEGATIVE_INFINITY;

    /** Adds a point; x must not become smaller from point to point. */
    public void add(double x, double y) {
        if (used == 0 || points[used - 1] == perBucket) {
            if (used == MOST) {
                halve();
            }
            open(used++);
        }
        int at = used - 1;
        xSum[at] += x;
        points[at]++;
        count++;
        if (!Double.isFinite(y)) {
            if (nonFinite < MOST_PLACES) {
                places[(int) nonFinite] = x;
            }
            nonFinite++;
            return;
        }
        sum[at] += y;
        finite[at]++;
        low[at] = Math.min(low[at], y);
        high[at] = Math.max(high[at], y);
        least = Math.min(least, y);
        greatest = Math.max(greatest, y);
        last = y;
    }

    private void open(int at) {
        xSum[at] = 0;
        points[at] = 0;
        sum[at] = 0;
        finite[at] = 0;
        low[at] = Double.POSITIVE_INFINITY;
        high[at] = Double.NEGATIVE_INFINITY;
    }

    /** Makes one bucket of every two. */
    private void halve() {
        for (int i = 0; i < MOST / 2; i++) {
            int a = 2 * i;
            int b = a + 1;
            xSum[i] = xSum[a] + xSum[b];
            points[i] = points[a] + points[b];
            sum[i] = sum[a] + sum[b];
            finite[i] = finite[a] + finite[b];
            low[i] = Math.min(low[a], low[b]);
            high[i] = Math.max(high[a], high[b]);
        }
        used = MOST / 2;
        perBucket *= 2;
    }

    /** The same curve in another unit: every value multiplied by {@code factor}, which is positive. */
    public Series times(double factor) {
        Series other = new Series();
        System.arraycopy(xSum, 0, other.xSum, 0, used);
        System.arraycopy(points, 0, other.points, 0, used);
        System.arraycopy(finite, 0, other.finite, 0, used);
        System.arraycopy(places, 0, other.places, 0, MOST_PLACES);
        for (int i = 0; i < used; i++) {
            other.sum[i] = factor * sum[i];
            other.low[i] = factor * low[i];
            other.high[i] = factor * high[i];
        }
        other.used = used;
        other.perBucket = perBucket;
        other.count = count;
        other.nonFinite = nonFinite;
        other.last = factor * last;
        other.least = factor * least;
        other.greatest = factor * greatest;
        return other;
    }

    /** Points added, finite or not. */
    public long count() {
        return count;
    }

    /** Points whose value is infinite or no number. */
    public long nonFinite() {
        return nonFinite;
    }

    /** Where the first of them are: at most 100. */
    public double[] nonFinitePlaces() {
        return Arrays.copyOf(places, (int) Math.min(nonFinite, MOST_PLACES));
    }

    /** The newest finite value; NaN if there is none. */
    public double last() {
        return last;
    }

    /** The least finite value; NaN if there is none. */
    public double least() {
        return least <= greatest ? least : Double.NaN;
    }

    /** The greatest finite value; NaN if there is none. */
    public double greatest() {
        return least <= greatest ? greatest : Double.NaN;
    }

    /** How many points one bucket holds by now: 1 while the curve is shown point by point. */
    public int perBucket() {
        return perBucket;
    }

    /** The middle of each bucket, to the next whole number where x counts steps and a bucket holds several. */
    public double[] x() {
        double[] x = new double[used];
        Arrays.setAll(x, i -> points[i] == 1 ? xSum[i] : Math.rint(xSum[i] / points[i]));
        return x;
    }

    /** The least value of each bucket, NaN where it has none. */
    public double[] low() {
        double[] values = new double[used];
        Arrays.setAll(values, i -> finite[i] == 0 ? Double.NaN : low[i]);
        return values;
    }

    /** The greatest value of each bucket, NaN where it has none. */
    public double[] high() {
        double[] values = new double[used];
        Arrays.setAll(values, i -> finite[i] == 0 ? Double.NaN : high[i]);
        return values;
    }

    /** The mean of each bucket, NaN where it has no value. */
    public double[] means() {
        double[] values = new double[used];
        Arrays.setAll(values, i -> finite[i] == 0 ? Double.NaN : sum[i] / finite[i]);
        return values;
    }

    /** The mean over each bucket and its neighbours, 4 % of the whole curve in all; NaN where there is no value. */
    public double[] smoothed() {
        int reach = used / 50;
        double[] values = new double[used];
        for (int i = 0; i < used; i++) {
            double total = 0;
            long n = 0;
            for (int k = Math.max(0, i - reach); k <= Math.min(used - 1, i + reach); k++) {
                total += sum[k];
                n += finite[k];
            }
            values[i] = n == 0 ? Double.NaN : total / n;
        }
        return values;
    }

    /** Mean of the finite values of the first or the last {@code share} of the curve; NaN if there are none. */
    public double mean(double share, boolean atEnd) {
        int buckets = (int) Math.max(1, Math.round(share * used));
        double total = 0;
        long n = 0;
        for (int i = 0; i < Math.min(buckets, used); i++) {
            int at = atEnd ? used - 1 - i : i;
            total += sum[at];
            n += finite[at];
        }
        return n == 0 ? Double.NaN : total / n;
    }
}
