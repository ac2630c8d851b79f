package dev.fathom.tools.panels;

import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.trainer.TrainListener.Validated;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The worst and the best of an epoch's validation samples by abs_rel, of those seen so far. */
final class Extremes {
    /** How many of each. */
    static final int MOST = 3;

    private final List<Validated> worst = new ArrayList<>();
    private final List<Validated> best = new ArrayList<>();
    private int seen;

    /** Looks at a sample; one without enough valid pixels is neither. */
    void add(Validated v) {
        if (v.result().metrics().isPresent()) {
            seen++;
            insert(worst, v, Comparator.comparingDouble(Extremes::absRel).reversed());
            insert(best, v, Comparator.comparingDouble(Extremes::absRel));
        }
    }

    /** Of two that are equal, the earlier one stays before. */
    private static void insert(List<Validated> list, Validated v, Comparator<Validated> order) {
        int at = list.size();
        while (at > 0 && order.compare(v, list.get(at - 1)) < 0) {
            at--;
        }
        list.add(at, v);
        if (list.size() > MOST) {
            list.removeLast();
        }
    }

    /** One that is no number is worse than any. */
    private static double absRel(Validated v) {
        double absRel = v.result().metrics().orElseThrow().get(DepthMetric.ABS_REL);
        return Double.isNaN(absRel) ? Double.POSITIVE_INFINITY : absRel;
    }

    /** The worst first; never more than half of all samples, so that none is both. */
    List<Validated> worst() {
        return worst.subList(0, Math.min(worst.size(), seen / 2));
    }

    /** The best first. */
    List<Validated> best() {
        return best.subList(0, Math.min(best.size(), seen / 2));
    }
}
