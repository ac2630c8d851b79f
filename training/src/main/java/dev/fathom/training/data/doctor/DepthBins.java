package dev.fathom.training.data.doctor;

/** How many pixels have which depth, over all frames: bins that are {@value #PER_DECADE} to a factor of ten. */
public final class DepthBins {
    private static final int PER_DECADE = 100;
    /** Natural logarithm of a bin's width. */
    private static final double WIDTH = Math.log(10) / PER_DECADE;
    /** From a tenth of a millimetre to ten million metres; what is beyond counts in the last bin at its side. */
    private static final double LEAST = 1e-4;
    private static final int COUNT = 11 * PER_DECADE;

    private final long[] counts = new long[COUNT];
    private long total;

    static DepthBins of(Grid grid) {
        DepthBins bins = new DepthBins();
        for (float depth : grid.depth()) {
            if (depth > 0) {
                bins.counts[(int) Math.clamp(Math.log(depth / LEAST) / WIDTH, 0, COUNT - 1)]++;
                bins.total++;
            }
        }
        return bins;
    }

    void add(DepthBins other) {
        for (int i = 0; i < COUNT; i++) {
            counts[i] += other.counts[i];
        }
        total += other.total;
    }

    /** Whether no pixel has a depth. */
    public boolean isEmpty() {
        return total == 0;
    }

    /** The depth that a share of the pixels lies below, metres, to a hundredth of a factor of ten; 0 without any. */
    public double quantile(double share) {
        long seen = 0;
        for (int i = 0; i < COUNT; i++) {
            seen += counts[i];
            if (seen > 0 && seen >= share * total) {
                return LEAST * Math.exp((i + 1) * WIDTH);
            }
        }
        return 0;
    }

    /** Shares of the pixels in {@code bars} equal parts of [0, high]; what is beyond is in none. */
    public double[] shares(int bars, double high) {
        double[] shares = new double[bars];
        for (int i = 0; i < COUNT; i++) {
            double low = LEAST * Math.exp(i * WIDTH);
            double step = low * Math.expm1(WIDTH);
            // A bin is wider than a bar at times: its pixels are spread evenly over what it covers.
            double from = low * bars / high;
            double to = (low + step) * bars / high;
            for (int bar = (int) from; bar < bars && bar < to && counts[i] > 0; bar++) {
                shares[bar] += counts[i] * (Math.min(to, bar + 1) - Math.max(from, bar)) / (to - from) / total;
            }
        }
        return shares;
    }
}
