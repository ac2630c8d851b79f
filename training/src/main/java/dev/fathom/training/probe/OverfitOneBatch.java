package dev.fathom.training.probe;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.training.data.Augmentation;
import dev.fathom.training.data.Batch;
import dev.fathom.training.data.DataLoader;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.trainer.RunPolicy;
import java.util.Arrays;
import java.util.List;

/**
 * Trains on one and the same batch, without augmentation and at a constant rate. A network that cannot learn a few
 * pictures by heart will not learn a data set: then depths have the wrong unit, masks are empty, the rate is far off, or
 * too much is frozen, and it takes a minute to know instead of a night. PyTorch Lightning's {@code overfit_batches=1}.
 */
public final class OverfitOneBatch {
    /** The loss must come down to this share of its first value. */
    public static final double GOAL = 0.5;
    /** And above this share it has not moved. */
    private static final double STUCK = 0.9;

    /** What became of the loss. */
    public enum Verdict {
        /** It halved at least: network, data and loss work together. */
        FELL,
        /** It fell by more than a tenth, but not by half. */
        SLOW,
        /** It fell by less than a tenth, or rose. */
        STUCK,
        /** A loss or a gradient was not finite. */
        NOT_FINITE
    }

    /**
     * @param losses of every step, before it
     * @param end mean of the last tenth of them, at least of one
     * @param names of the batch's samples
     */
    public record Result(double[] losses, double end, Verdict verdict, List<String> names) {
    }

    /** Sees every step. */
    @FunctionalInterface
    public interface Listener {
        /** @param step from 0 */
        void step(int step, double loss);
    }

    private OverfitOneBatch() {
    }

    /**
     * Trains; the model's weights are those of the last step afterwards.
     *
     * @param options of the run: its batch size, rates, loss and precision hold, its schedule and augmentation do not
     * @param policy how the loader works, and how a batch is shared out
     * @param steps at least 2
     * @throws FathomException if no sample has a pixel to learn from
     */
    public static Result run(DepthAnythingV2 model, DepthDataset data, TrainOptions options, RunPolicy policy,
            int steps, Listener listener) {
        if (steps < 2) {
            throw new FathomException("--overfit-one-batch is " + steps + ", but must be at least 2 steps.");
        }
        Batch batch = batch(data, options, policy);
        double[] losses = new double[steps];
        try (MemoryScope scope = MemoryScope.open("overfit"); ProbeSteps probe = new ProbeSteps(model, options,
                policy.split())) {
            for (int i = 0; i < steps; i++) {
                losses[i] = probe.run(batch, options.optim().learningRate());
                listener.step(i, losses[i]);
                if (!Double.isFinite(losses[i])) {
                    return new Result(Arrays.copyOf(losses, i + 1), losses[i], Verdict.NOT_FINITE, batch.names());
                }
            }
        }
        double end = Arrays.stream(losses, steps - Math.max(1, steps / 10), steps).average().orElseThrow();
        return new Result(losses, end, verdict(losses[0], end), batch.names());
    }

    private static Verdict verdict(double start, double end) {
        return end <= GOAL * start ? Verdict.FELL : end <= STUCK * start ? Verdict.SLOW : Verdict.STUCK;
    }

    /** The run's first batch with something to learn from, as it is without augmentation. */
    private static Batch batch(DepthDataset data, TrainOptions options, RunPolicy policy) {
        BatchOptions b = options.batch();
        BatchOptions plain = new BatchOptions(b.size(), b.inputSize(), b.minDepth(), b.maxDepth(),
                Augmentation.none());
        DataLoader loader = new DataLoader(data, plain.loader(options.seed(), policy.threads())
                .withSkipBad(policy.skipBad()));
        try (DataLoader.Epoch batches = loader.epoch(0, 0)) {
            while (batches.hasNext()) {
                Batch batch = batches.next();
                if (batch.totalValidPixels() > 0) {
                    return batch;
                }
            }
        }
        throw new FathomException("No batch has a pixel with a depth from " + b.minDepth() + " to " + b.maxDepth()
                + " m, so there is nothing to learn; check --data, --max-depth, and that depths are in metres.");
    }
}
