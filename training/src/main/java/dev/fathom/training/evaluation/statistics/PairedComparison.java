package dev.fathom.training.evaluation.statistics;

import dev.fathom.training.metrics.Measure;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One model against another on the same images, by one measure: much sharper than two intervals side by side, because
 * what makes an image hard makes it so for both.
 *
 * <p>The tests answer for one measure. Who looks at many and quotes the one that came out has tested nothing.
 *
 * @param measure by which they are compared
 * @param images how many
 * @param difference mean of second minus first, with its bootstrap interval
 * @param wins images on which the second is better
 * @param losses images on which the first is better
 * @param signP two-sided sign test of wins against losses: p value
 * @param wilcoxonP two-sided Wilcoxon signed-rank test of the differences: p value
 */
public record PairedComparison(Measure measure, int images, Interval difference, int wins, int losses, double signP,
        double wilcoxonP) {

    /**
     * Compares.
     *
     * @param first a value an image
     * @param second of the same images in the same order
     */
    public static PairedComparison of(Measure measure, double[] first, double[] second, Bootstrap bootstrap) {
        if (first.length != second.length) {
            throw new IllegalArgumentException(first.length + " values against " + second.length);
        }
        double[] differences = new double[first.length];
        int wins = 0;
        int losses = 0;
        for (int i = 0; i < first.length; i++) {
            // Equal infinities are no difference.
            differences[i] = second[i] == first[i] ? 0 : second[i] - first[i];
            wins += measure.better(second[i], first[i]) ? 1 : 0;
            losses += measure.better(first[i], second[i]) ? 1 : 0;
        }
        return new PairedComparison(measure, first.length, bootstrap.ofMean(differences), wins, losses,
                SignedRank.signTest(wins, losses), SignedRank.wilcoxon(differences));
    }

    /** Whether the interval of the difference leaves out 0. */
    public boolean isClear() {
        return difference.excludes(0);
    }

    /** Whether the second is clearly better: the interval lies on the better side of 0. */
    public boolean secondIsBetter() {
        return isClear() && measure.better(difference.estimate(), 0);
    }

    /** For JSON. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("images", images);
        map.put("difference", difference.estimate());
        map.put("low", difference.low());
        map.put("high", difference.high());
        map.put("wins", wins);
        map.put("losses", losses);
        map.put("sign_p", signP);
        map.put("wilcoxon_p", wilcoxonP);
        return map;
    }
}
