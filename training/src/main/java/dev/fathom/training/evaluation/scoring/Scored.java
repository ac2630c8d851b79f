package dev.fathom.training.evaluation.scoring;

import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.metrics.DepthSums;
import java.util.Optional;

/**
 * One image's prediction, measured as a protocol asks. The maps are as large as they were compared: the picture's size,
 * or the network's.
 *
 * @param width w, pixels
 * @param height h, pixels
 * @param truth [h,w] in the quantity that was compared, metres or 1/m; 0 where a pixel does not count
 * @param prediction [h,w] in the same quantity, aligned and clamped; of a skipped image as it was predicted
 * @param fit what aligned it; empty where nothing is fitted
 * @param missing counting pixels without a prediction: NaN, or a metric depth that is not positive
 * @param sums over the pixels that count; empty if the image was skipped
 * @param skipped why, in words without a full stop; empty if it was measured
 */
public record Scored(int width, int height, float[] truth, float[] prediction, Optional<Fit> fit, int missing,
        Optional<DepthSums> sums, Optional<String> skipped) {

    /** The image's values; empty if it was skipped. */
    public Optional<DepthMetrics> metrics() {
        return sums.map(DepthSums::metrics);
    }

    /** Whether pixel {@code i} (row-major) takes part. */
    public boolean counts(int i) {
        return truth[i] > 0;
    }
}
