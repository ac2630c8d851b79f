package dev.fathom.training.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How wrong a model is near and far: mean errors over all pixels of all images whose true depth lies in one of equal
 * parts of [min, max]. Unlike {@link DepthMetrics} it weighs pixels, not images, because few images have all depths.
 */
public final class ErrorByDepth {
    /** Into how many parts the range is usually cut. */
    public static final int PARTS = 20;

    private final float min;
    private final float max;
    private final long[] pixels;
    private final double[] absRel;
    private final double[] absolute;

    /**
     * @param min metres, inclusive
     * @param max metres, inclusive
     */
    public ErrorByDepth(float min, float max, int parts) {
        this.min = min;
        this.max = max;
        this.pixels = new long[parts];
        this.absRel = new double[parts];
        this.absolute = new double[parts];
    }

    /**
     * Adds an image.
     *
     * @param prediction [H,W], metres
     * @param truth [H,W], metres; pixels with truth &lt;= 0, below min or above max do not count
     */
    public void add(float[] prediction, float[] truth) {
        if (prediction.length != truth.length) {
            throw new IllegalArgumentException(prediction.length + " predicted depths for " + truth.length
                    + " true ones");
        }
        double perMetre = pixels.length / ((double) max - min);
        for (int i = 0; i < truth.length; i++) {
            double t = truth[i];
            if (DepthMetrics.counts(truth[i], min, max)) {
                int part = Math.min(pixels.length - 1, (int) ((t - min) * perMetre));
                double gap = Math.abs(prediction[i] - t);
                pixels[part]++;
                absRel[part] += gap / t;
                absolute[part] += gap;
            }
        }
    }

    /**
     * For JSON: {@code edges} of the parts in metres, one more than there are parts; {@code pixels}, {@code abs_rel}
     * and {@code mae} of each. Means without a pixel are NaN.
     */
    public Map<String, Object> toMap() {
        // As floats, which are written with as many digits as they have.
        List<Float> edges = new ArrayList<>();
        for (int i = 0; i <= pixels.length; i++) {
            edges.add((float) (min + ((double) max - min) * i / pixels.length));
        }
        List<Long> counts = new ArrayList<>();
        List<Double> relative = new ArrayList<>();
        List<Double> metres = new ArrayList<>();
        for (int i = 0; i < pixels.length; i++) {
            counts.add(pixels[i]);
            relative.add(absRel[i] / pixels[i]);
            metres.add(absolute[i] / pixels[i]);
        }
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("edges", edges);
        map.put("pixels", counts);
        map.put("abs_rel", relative);
        map.put("mae", metres);
        return map;
    }
}
