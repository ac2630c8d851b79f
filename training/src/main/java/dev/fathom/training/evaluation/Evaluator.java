package dev.fathom.training.evaluation;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.ValidationLoader;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.metrics.MetricsAccumulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Runs a metric model over a data set and measures it. */
public final class Evaluator {
    /** Sees each image when it is done: progress, pictures. */
    @FunctionalInterface
    public interface Listener {
        /** @return whether to go on; false ends the evaluation after this image */
        boolean evaluated(ImageResult result, DepthSample sample, DepthMap prediction);

        /** A frame could not be read and is left out. */
        default void leftOut(BadFrame frame) {
        }
    }

    private final EvaluationOptions options;

    public Evaluator(EvaluationOptions options) {
        this.options = options;
    }

    /**
     * @throws FathomException if the model is relative: its numbers are no metres
     */
    public Evaluation run(DepthAnythingV2 model, DepthDataset data, Listener listener) {
        if (!(model.head() instanceof DepthHead.Metric)) {
            throw new FathomException("The model predicts relative depth, which measures in metres cannot judge; use a "
                    + "metric model"
                    + " (--max-depth M if its file does not say so).");
        }
        MetricsAccumulator accumulator = new MetricsAccumulator(options.minDepth(), options.maxDepth());
        List<ImageResult> images = new ArrayList<>();
        Map<String, Integer> bad = new TreeMap<>();
        Consumer<BadFrame> leaveOut = !options.skipBad().skips() ? null : frame -> {
            frame.addTo(bad);
            listener.leftOut(frame);
            options.skipBad().check("validation", bad, data.size(), frame);
        };
        try (DepthEstimator estimator = new DepthEstimator(model, options.inputSize(), options.precision());
                ValidationLoader loader = new ValidationLoader(data, options.inputSize(), options.threads(),
                        leaveOut)) {
            while (loader.hasNext()) {
                ValidationSample next = loader.next();
                DepthSample sample = next.sample();
                NetworkSize size = new NetworkSize(next.width(), next.height());
                estimator.forecast(size).requireFits("The frame " + sample.name(), size);
                DepthMap prediction = estimator.estimate(next.image(), size, sample.width(), sample.height());
                Optional<DepthMetrics> metrics = accumulator.add(prediction.values(), sample.depth());
                ImageResult result = new ImageResult(next.index(), sample.name(), sample.width(), sample.height(),
                        metrics,
                        sample.repaired());
                images.add(result);
                if (!listener.evaluated(result, sample, prediction)) {
                    break;
                }
            }
        }
        return new Evaluation(accumulator.mean(), images, accumulator.skipped(), accumulator.nonFinite(), bad);
    }
}
