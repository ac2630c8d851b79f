package dev.fathom.training.evaluation.scoring;

import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.models.image.NearestResize;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.protocol.Alignment;
import dev.fathom.training.evaluation.protocol.Crop;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.Resolution;
import dev.fathom.training.evaluation.protocol.SkippedImageException;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.metrics.DepthSums;
import dev.fathom.training.metrics.MetricsAccumulator;
import java.util.Arrays;
import java.util.Optional;

/**
 * Measures predictions by a protocol. Knows no data set and no network.
 *
 * <p>A depth becomes a disparity and the other way round by its reciprocal. A disparity that is not positive is a depth
 * of infinity: beyond all that was measured, as MiDaS and Marigold treat it. A metric depth that is not positive, or any
 * NaN, is no prediction. Neither takes part in a fit; both are measured, and clamping makes them the range's ends.
 */
public final class ImageScorer {
    private final Protocol protocol;

    public ImageScorer(Protocol protocol) {
        this.protocol = protocol;
    }

    /**
     * Refuses predictions whose numbers mean nothing as they would be compared, before any work.
     *
     * @param who made them, for the sentence: {@code vits.pth}
     * @throws FathomException that says which alignment they need
     */
    public static void requireMeaning(Protocol protocol, PredictedQuantity quantity, String who) {
        if (!quantity.isRelative()) {
            return;
        }
        boolean disparity = quantity.space() == Space.DISPARITY;
        if (protocol.alignment() == Alignment.NONE) {
            throw new FathomException(who + " gives " + quantity + ", which is no metres and means nothing against depth as it"
                    + " is; align it to each image's truth (--align " + (disparity ? "affine-disparity" : "affine")
                    + ", or --protocol zero-shot-relative), or take a metric model.");
        }
        if (protocol.alignment().isAffine() && protocol.fitSpace() != quantity.space()) {
            throw new FathomException(who + " gives " + quantity + ", whose unknown shift --align " + protocol.alignment()
                    + " cannot find, as it fits " + protocol.fitSpace() + "; use --align " + (disparity
                    ? "affine-disparity." : "affine with --space depth."));
        }
    }

    /** Measures one. The prediction's values stay as they are. */
    public Scored score(Prediction prediction, DepthSample sample) {
        if (!prediction.exists()) {
            float[] nothing = new float[sample.depth().length];
            return new Scored(sample.width(), sample.height(), nothing, nothing, Optional.empty(), 0, Optional.empty(),
                    Optional.of(prediction.provenance()));
        }
        boolean original = protocol.at() == Resolution.ORIGINAL;
        int width = original ? sample.width() : prediction.width();
        int height = original ? sample.height() : prediction.height();
        float[] predicted = resized(prediction, width, height);
        float[] truth = null;
        try {
            truth = counting(sample, width, height);
            if (protocol.alignment() == Alignment.NONE && protocol.space() == prediction.quantity().space()) {
                return measured(width, height, truth, clamped(predicted, predicted == prediction.values()),
                        Optional.empty(), missing(prediction.quantity(), predicted, truth));
            }
            Optional<Fit> fit = protocol.alignment() == Alignment.NONE ? Optional.empty()
                    : Optional.of(fit(prediction.quantity(), predicted, truth));
            float[] aligned = aligned(prediction.quantity(), predicted, fit);
            return measured(width, height, compared(truth), clamped(aligned, false), fit,
                    missing(prediction.quantity(), predicted, truth));
        } catch (SkippedImageException e) {
            return new Scored(width, height, truth == null ? new float[width * height] : compared(truth), predicted,
                    Optional.empty(), 0, Optional.empty(), Optional.of(e.getMessage()));
        }
    }

    private Scored measured(int width, int height, float[] truth, float[] prediction, Optional<Fit> fit, int missing) {
        // Every positive truth counts: range and crop made the others 0.
        return new Scored(width, height, truth, prediction, fit, missing, Optional.of(DepthSums.of(prediction, truth, 0,
                Float.POSITIVE_INFINITY)), Optional.empty());
    }

    /** True depths [h,w] in range and in the crop, 0 elsewhere. */
    private float[] counting(DepthSample sample, int width, int height) {
        Crop.Box box = protocol.crop().in(sample.width(), sample.height());
        float[] truth = new float[sample.depth().length];
        for (int y = box.top(); y < box.bottom(); y++) {
            for (int i = y * sample.width() + box.left(); i < y * sample.width() + box.right(); i++) {
                float depth = sample.depth()[i];
                truth[i] = depth > 0 && depth >= protocol.min() && depth <= protocol.max() ? depth : 0;
            }
        }
        if (width != sample.width() || height != sample.height()) {
            truth = NearestResize.resize(truth, sample.width(), sample.height(), width, height);
        }
        int counting = 0;
        for (float depth : truth) {
            counting += depth > 0 ? 1 : 0;
        }
        if (counting < MetricsAccumulator.MIN_PIXELS) {
            throw new SkippedImageException("fewer than " + MetricsAccumulator.MIN_PIXELS + " pixels with a depth in range");
        }
        return truth;
    }

    private static float[] resized(Prediction prediction, int width, int height) {
        if (prediction.width() == width && prediction.height() == height) {
            return prediction.values();
        }
        try (MemoryScope scope = MemoryScope.open("resize"); GradMode.Scope off = GradMode.noGrad()) {
            return ResizeBilinear.of(Tensors.of(prediction.values(), 1, prediction.height(), prediction.width(), 1), height,
                    width, true).toFloats();
        }
    }

    private Fit fit(PredictedQuantity quantity, float[] predicted, float[] truth) {
        double[] p = new double[truth.length];
        double[] t = new double[truth.length];
        int n = 0;
        for (int i = 0; i < truth.length; i++) {
            if (truth[i] > 0) {
                double value = converted(predicted[i], quantity.space(), protocol.fitSpace());
                if (quantity.predicts(predicted[i]) && Double.isFinite(value)) {
                    p[n] = value;
                    t[n++] = protocol.fitSpace() == Space.DEPTH ? truth[i] : 1.0 / truth[i];
                }
            }
        }
        if (n < MetricsAccumulator.MIN_PIXELS) {
            throw new SkippedImageException("fewer than " + MetricsAccumulator.MIN_PIXELS
                    + " pixels that count have a prediction that can be fitted");
        }
        return Fits.of(protocol.alignment(), protocol.fitting(), Arrays.copyOf(p, n), Arrays.copyOf(t, n));
    }

    /** [h,w] in the quantity that is compared. */
    private float[] aligned(PredictedQuantity quantity, float[] predicted, Optional<Fit> fit) {
        double scale = fit.map(Fit::scale).orElse(1.0);
        double shift = fit.map(Fit::shift).orElse(0.0);
        float[] aligned = new float[predicted.length];
        for (int i = 0; i < aligned.length; i++) {
            double value = scale * converted(predicted[i], quantity.space(), protocol.fitSpace()) + shift;
            aligned[i] = quantity.predicts(predicted[i]) ? (float) converted(value, protocol.fitSpace(), protocol.space())
                    : Float.NaN;
        }
        return aligned;
    }

    private static double converted(double value, Space from, Space to) {
        if (from == to) {
            return value;
        }
        if (value > 0) {
            return 1 / value;
        }
        // No disparity is a depth of infinity; no depth is no prediction. NaN stays NaN.
        return from == Space.DISPARITY && value <= 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    /** The truth in the quantity that is compared. */
    private float[] compared(float[] truth) {
        if (protocol.space() == Space.DEPTH) {
            return truth;
        }
        float[] disparity = new float[truth.length];
        for (int i = 0; i < truth.length; i++) {
            disparity[i] = truth[i] > 0 ? (float) (1.0 / truth[i]) : 0;
        }
        return disparity;
    }

    /** ZoeDepth's {@code clamp}: what is not a number becomes the nearest depth, infinity the farthest. */
    private float[] clamped(float[] values, boolean shared) {
        if (!protocol.clamp()) {
            return values;
        }
        boolean depth = protocol.space() == Space.DEPTH;
        float low = depth ? protocol.min() : 1 / protocol.max();
        float high = depth ? protocol.max() : 1 / protocol.min();
        float[] out = shared ? new float[values.length] : values;
        for (int i = 0; i < out.length; i++) {
            float value = values[i];
            out[i] = Float.isNaN(value) ? depth ? low : high : Math.min(high, Math.max(low, value));
        }
        return out;
    }

    private static int missing(PredictedQuantity quantity, float[] predicted, float[] truth) {
        int missing = 0;
        for (int i = 0; i < truth.length; i++) {
            missing += truth[i] > 0 && !quantity.predicts(predicted[i]) ? 1 : 0;
        }
        return missing;
    }
}
