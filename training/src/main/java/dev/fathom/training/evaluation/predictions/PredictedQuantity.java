package dev.fathom.training.evaluation.predictions;

import dev.fathom.training.evaluation.protocol.Space;

/** What the numbers of a predicted map are. */
public enum PredictedQuantity {
    /** Metres, larger is farther. */
    METRIC_DEPTH("metric depth", Space.DEPTH),
    /** Inverse depth up to a factor and a shift, larger is nearer: Depth Anything's and MiDaS's relative models. */
    RELATIVE_DISPARITY("relative disparity", Space.DISPARITY),
    /** Depth up to a factor and a shift, larger is farther: Marigold's. */
    RELATIVE_DEPTH("relative depth", Space.DEPTH);

    private final String words;
    private final Space space;

    PredictedQuantity(String words, Space space) {
        this.words = words;
        this.space = space;
    }

    /** Whether the numbers are known only up to what a fit finds. */
    public boolean isRelative() {
        return this != METRIC_DEPTH;
    }

    /** Whether a value predicts anything: NaN does not, and nothing is 0 metres away or less. */
    public boolean predicts(float value) {
        return this == METRIC_DEPTH ? value > 0 : !Float.isNaN(value);
    }

    /** Depth or disparity. */
    public Space space() {
        return space;
    }

    @Override
    public String toString() {
        return words;
    }
}
