package dev.fathom.training.probe;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.data.DataLoader;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.trainer.RunPolicy;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Smith's learning rate range test ("Cyclical Learning Rates for Training Neural Networks", 2017, section 3.3), with the
 * exponential growth of fastai: step i of n has the rate from (to / from)^(i / (n - 1)). The loss falls while rates are
 * useful, and rises where they are too large; {@link LrCurve} suggests one.
 *
 * <p>All groups grow together, each with its factor, so the test is of the run that is planned: the decoder at ten times
 * the encoder's rate, frozen parameters frozen.
 */
public final class LrRangeTest {
    private final double from;
    private final double to;
    private final int steps;

    /** Sees every step. */
    @FunctionalInterface
    public interface Listener {
        /** @param step from 0 */
        void step(int step, double rate, double loss);
    }

    /**
     * @param from smallest rate of the encoder, above 0
     * @param to largest, above {@code from}
     * @param steps at least 20, or there is no curve to look at
     */
    public LrRangeTest(double from, double to, int steps) {
        if (!(from > 0 && from < Double.POSITIVE_INFINITY)) {
            throw new FathomException("--lr-find-from is " + from + ", but must be above 0.");
        }
        if (!(to > from && to < Double.POSITIVE_INFINITY)) {
            throw new FathomException("--lr-find-to is " + to + ", but must be above --lr-find-from, which is " + from
                    + ".");
        }
        if (steps < 20) {
            throw new FathomException("--lr-find-steps is " + steps + ", but must be at least 20.");
        }
        this.from = from;
        this.to = to;
        this.steps = steps;
    }

    /** The rate of a step. */
    public double rate(int step) {
        return from * Math.pow(to / from, step / (steps - 1.0));
    }

    /**
     * Runs the test on the run's batches, in their order, as many epochs as it takes. It ends early where the loss
     * diverges. The model's weights and statistics are what they were afterwards, to the bit.
     *
     * @param policy how the loader works, and how a batch is shared out
     * @throws FathomException if a whole epoch has no pixel to learn from
     */
    public LrCurve run(DepthAnythingV2 model, DepthDataset data, TrainOptions options, RunPolicy policy,
            Listener listener) {
        DataLoader loader = new DataLoader(data, options.batch().loader(options.seed(), policy.threads())
                .withSkipBad(policy.skipBad()));
        try (MemoryScope scope = MemoryScope.open("learning rate test")) {
            Map<Parameter, Tensor> before = new LinkedHashMap<>();
            for (Parameter p : model.parameters().all()) {
                Tensor value = p.tensor().detach();
                before.put(p, Tensors.convert(value, value.dtype(), value.device()));
            }
            try (ProbeSteps probe = new ProbeSteps(model, options, policy.split())) {
                return run(loader, probe, options, listener);
            } finally {
                before.forEach((p, value) -> p.tensor().copyFrom(value.hostBytes()));
            }
        }
    }

    private LrCurve run(DataLoader loader, ProbeSteps probe, TrainOptions options, Listener listener) {
        double[] rates = new double[steps];
        double[] losses = new double[steps];
        int done = 0;
        for (int epoch = 0; done < steps; epoch++) {
            int before = done;
            try (DataLoader.Epoch batches = loader.epoch(epoch, 0)) {
                while (done < steps && batches.hasNext()) {
                    Batch batch = batches.next();
                    if (batch.totalValidPixels() == 0) {
                        continue;
                    }
                    rates[done] = rate(done);
                    losses[done] = probe.run(batch, rates[done]);
                    listener.step(done, rates[done], losses[done]);
                    if (!Double.isFinite(losses[done])) {
                        return curve(rates, losses, done);
                    }
                    LrCurve curve = curve(rates, losses, ++done);
                    if (curve.diverged()) {
                        return curve;
                    }
                }
            }
            if (done == before) {
                throw new FathomException("No batch has a pixel with a depth from " + options.batch().minDepth() + " to "
                        + options.batch().maxDepth() + " m, so there is nothing to learn; check --data, --max-depth, and"
                        + " that depths are in metres.");
            }
        }
        return curve(rates, losses, done);
    }

    private LrCurve curve(double[] rates, double[] losses, int done) {
        return new LrCurve(Arrays.copyOf(rates, done), Arrays.copyOf(losses, done), steps);
    }
}
