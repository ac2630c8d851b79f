package dev.fathom.training.evaluation.statistics;

import java.util.Arrays;

/**
 * Two-sided tests of whether paired differences lie around 0, without any assumption about their size's distribution.
 * Differences of 0 are left out. Both tests count all ways in which the signs could have fallen, each as likely as the
 * other if the models were equal.
 */
final class SignedRank {
    /** So many differences are counted out; beyond, the sum of ranks is nearly normal. */
    private static final int EXACT = 100;

    private SignedRank() {
    }

    /**
     * The sign test: how likely are as unequal numbers of wins and losses, or more.
     *
     * @return 1 if there is neither
     */
    static double signTest(int wins, int losses) {
        int n = wins + losses;
        int fewer = Math.min(wins, losses);
        // The binomial terms by their logarithms, smallest first: 0.5^n itself leaves double's range at n = 1075.
        double log = -n * Math.log(2);
        double tail = 0;
        for (int k = 0; k <= fewer; k++) {
            tail += Math.exp(log);
            log += Math.log((double) (n - k) / (k + 1));
        }
        return Math.min(1, 2 * tail);
    }

    /**
     * Wilcoxon's signed-rank test (1945): ranks of |d|, equal ones sharing the mean of theirs; W is the sum of the ranks
     * of the positive d. Up to 100 differences W's distribution is counted out, beyond it is taken from the normal
     * with the same variance and kurtosis (Edgeworth's first term; W is symmetric) and a continuity correction.
     *
     * @return how likely is a W as far from its middle, or farther; 1 if all differences are 0,
     *     NaN if one is NaN
     */
    static double wilcoxon(double[] differences) {
        if (Arrays.stream(differences).anyMatch(Double::isNaN)) {
            return Double.NaN;
        }
        double[] d = Arrays.stream(differences).filter(x -> x != 0).boxed()
                .sorted((x, y) -> Double.compare(Math.abs(x), Math.abs(y))).mapToDouble(Double::doubleValue).toArray();
        int[] doubled = doubledRanks(d);
        long w = 0;
        long total = 0;
        double squares = 0;
        double fourths = 0;
        for (int i = 0; i < d.length; i++) {
            w += d[i] > 0 ? doubled[i] : 0;
            total += doubled[i];
            squares += Math.pow(doubled[i], 2);
            fourths += Math.pow(doubled[i], 4);
        }
        long lower = Math.min(w, total - w);
        if (2 * lower == total) {
            return 1;
        }
        if (d.length <= EXACT) {
            return Math.min(1, 2 * share(doubled, (int) total, (int) lower));
        }
        // In doubled ranks: the mean is total / 2, half a rank is 1. Each rank is in the sum or not, like a coin: the second
        // cumulant is sum r^2 / 4, the fourth -sum r^4 / 8.
        double z = Math.max(0, (total / 2.0 - lower - 1) / Math.sqrt(squares / 4));
        double kurtosis = -2 * fourths / (squares * squares);
        return 2 * (Normal.cdf(-z) + Normal.density(z) * kurtosis / 24 * (z * z * z - 3 * z));
    }

    /** Twice the rank of each |d|, which is whole even where ranks are shared. */
    private static int[] doubledRanks(double[] byMagnitude) {
        int[] ranks = new int[byMagnitude.length];
        for (int from = 0; from < ranks.length;) {
            int to = from;
            while (to < ranks.length && Math.abs(byMagnitude[to]) == Math.abs(byMagnitude[from])) {
                to++;
            }
            Arrays.fill(ranks, from, to, from + to + 1);
            from = to;
        }
        return ranks;
    }

    /** The share of all choices of signs in which the ranks of the positive ones sum to {@code most} or less. */
    private static double share(int[] ranks, int total, int most) {
        double[] ways = new double[total + 1];
        ways[0] = 1;
        for (int rank : ranks) {
            for (int sum = total; sum >= 0; sum--) {
                ways[sum] = (ways[sum] + (sum >= rank ? ways[sum - rank] : 0)) / 2;
            }
        }
        double share = 0;
        for (int sum = 0; sum <= most; sum++) {
            share += ways[sum];
        }
        return share;
    }
}
