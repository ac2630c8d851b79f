package dev.fathom.training.trainer;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.MixedDataset;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.evaluation.predictions.NetworkPredictions;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.scoring.Scored;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.metrics.MetricsAccumulator;
import dev.fathom.training.optim.Ema;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.AveragedWeights;
import dev.fathom.training.state.Progress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** How a run judges its model after an epoch: on the validation set, at the original resolution. */
final class Validation {
    /** Validation frames that may be without depth before a run is refused that could not be judged. */
    private static final int DEPTH_LOOKS = 64;

    private final DepthAnythingV2 model;
    private final DepthDataset data;
    private final TrainOptions options;
    private final RunPolicy policy;
    private final TrainListener listener;

    Validation(DepthAnythingV2 model, DepthDataset data, TrainOptions options, RunPolicy policy,
            TrainListener listener) {
        this.model = model;
        this.data = data;
        this.options = options;
        this.policy = policy;
        this.listener = listener;
    }

    /**
     * Fails at once, not after an epoch, if there is nothing to validate on. Usually the first frame will do; of a
     * large set, frames from all over it are looked at.
     */
    void requireDepth() {
        int looks = Math.min(DEPTH_LOOKS, data.size());
        for (int i = 0; i < looks; i++) {
            int frame = (int) ((long) i * data.size() / looks);
            try {
                if (DepthMetrics.validPixels(data.sample(frame).depth(), options.batch().minDepth(),
                        options.batch().maxDepth()) >= MetricsAccumulator.MIN_PIXELS) {
                    return;
                }
            } catch (FrameException e) {
                if (!policy.skipBad().skips()) {
                    throw e;
                }
            }
        }
        throw new FathomException("None of the " + looks + " validation frames " + (looks < data.size()
                ? "that were looked at, of " + data.size() + ", " : "") + "has " + MetricsAccumulator.MIN_PIXELS
                + " pixels with a depth from " + options.batch().minDepth() + " to " + options.batch().maxDepth()
                + " m, so no epoch could be judged; check"
                + " --val, --max-depth, and that depths are in metres.");
    }

    /** What an evaluation says of each validation set, by its name; empty where there is one. */
    Map<String, Evaluation> bySet(Evaluation evaluation) {
        Map<String, Evaluation> sets = new LinkedHashMap<>();
        if (data instanceof MixedDataset mixed) {
            for (int i = 0; i < mixed.parts().size(); i++) {
                sets.put(mixed.parts().get(i).name(), evaluation.among(mixed.start(i), mixed.start(i + 1)));
            }
        }
        return sets;
    }

    /**
     * Measures the model, with the moving average of its weights where there is one.
     *
     * @param at where the run is
     * @param stop whether to end after the image it is at; the result is then of no use
     */
    Evaluation run(Progress at, Optional<Ema> ema, BooleanSupplier stop) {
        int[] done = new int[1];
        try (AveragedWeights averaged = AveragedWeights.of(model.parameters(), ema)) {
            Protocol protocol = Protocol.plain(options.batch().minDepth(), options.batch().maxDepth());
            try (NetworkPredictions predictions = new NetworkPredictions("the model", Map.of(), model,
                    options.batch().inputSize(), options.compute().precision())) {
                return new Evaluator(new EvaluationOptions(protocol, 1, policy.threads(), policy.skipBad())).run(predictions,
                        data, new Evaluator.Listener() {
                            @Override
                            public boolean evaluated(int source, ImageResult result, DepthSample sample, Scored scored) {
                                listener.validated(new TrainListener.Validated(at.epoch(), at.step(), ++done[0],
                                        data.size(), result, sample, new DepthMap(sample.width(), sample.height(),
                                        scored.prediction(), model.head())));
                                return !stop.getAsBoolean();
                            }

                            @Override
                            public void leftOut(BadFrame frame) {
                                listener.badFrame(frame);
                            }
                        });
            }
        }
    }
}
