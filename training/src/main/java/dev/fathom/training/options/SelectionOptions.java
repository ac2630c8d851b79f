package dev.fathom.training.options;

import dev.fathom.training.metrics.DepthMetric;

/**
 * Which epoch's model is the best.
 *
 * @param bestBy what validations are compared by; the metric itself knows which way is better
 */
public record SelectionOptions(DepthMetric bestBy) {
    /** The authors' and the fine-tuning article's: abs_rel. */
    public static SelectionOptions article() {
        return new SelectionOptions(DepthMetric.ABS_REL);
    }
}
