package dev.fathom.tests.parallel;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import dev.fathom.training.parallel.Split;
import dev.fathom.training.step.NonFiniteStep;
import dev.fathom.training.step.TrainStep;
import dev.fathom.training.step.WeightUpdate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A few steps of the trainer on a network of some thousand weights.
 *
 * @param losses of each step
 * @param applied whether each step was
 * @param gradients of the last step that was applied, by parameter, without the loss scale
 * @param weights at the end
 * @param failures what was said of steps that failed, by step
 * @param findings of the detective on steps that were not finite
 */
record TinyRun(List<Double> losses, List<Boolean> applied, Map<String, double[]> gradients,
        Map<String, double[]> weights, Map<Integer, String> failures, List<String> findings) {
    static final int SIDE = 28;
    private static final double LR = 1e-3;

    /** What a run is made of. */
    static final class Setting {
        private Split split = Split.WHOLE;
        private Device device = Device.CPU;
        private Precision precision = Precision.FP32;
        private GradScaler scaler = GradScaler.off();
        private Objective objective = new SiLog(0.5);
        private Consumer<DepthAnythingV2> change = model -> { };
        private boolean batchNorm;
        private int disturbed = -1;
        private Runnable disturbance;

        Setting parts(int workers, int accumulate) {
            split = new Split(accumulate, workers == 1 ? List.of() : Collections.nCopies(workers, device));
            return this;
        }

        Setting split(Split other) {
            split = other;
            return this;
        }

        Setting on(Device other) {
            device = other;
            return this;
        }

        Setting in(Precision other, double lossScale) {
            precision = other;
            scaler = other == Precision.FP16 ? GradScaler.from(lossScale) : GradScaler.off();
            return this;
        }

        Setting judgedBy(Objective other) {
            objective = other;
            return this;
        }

        /** Changes the model before the first step. */
        Setting changed(Consumer<DepthAnythingV2> how) {
            change = how;
            return this;
        }

        Setting withBatchNorm() {
            batchNorm = true;
            return this;
        }

        /** Runs something before a step. */
        Setting before(int step, Runnable what) {
            disturbed = step;
            disturbance = what;
            return this;
        }

        GradScaler scaler() {
            return scaler;
        }

        TinyRun run(Batch... batches) {
            try (MemoryScope scope = MemoryScope.open("tiny run")) {
                DepthAnythingV2 model = model(batchNorm);
                model.parameters().initialise(3, device, name -> true);
                change.accept(model);
                AdamW optimiser = new AdamW(List.of(new ParameterGroup("all", 1, model.parameters().trainable().stream()
                        .filter(Parameter::requiresGrad).map(p -> new Trainable(p.name(), p.tensor())).toList())),
                        AdamWSettings.DEFAULT);
                TinyRun run = new TinyRun(new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>(),
                        new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>());
                model.parameters().training(true);
                try (TrainStep step = new TrainStep(model, WeightUpdate.by(optimiser), objective, precision, scaler,
                        split)) {
                    for (int t = 0; t < batches.length; t++) {
                        if (t == disturbed) {
                            disturbance.run();
                        }
                        step(run, t, step, batches[t], model);
                    }
                }
                model.parameters().all().forEach(p -> run.weights.put(p.name(), p.tensor().toDoubles()));
                return run;
            }
        }
    }

    private static void step(TinyRun run, int t, TrainStep step, Batch batch, DepthAnythingV2 model) {
        try {
            TrainStep.Result result = step.run(batch, LR, (gradients, scale) -> run.see(model, gradients, scale));
            run.losses.add(result.loss());
            run.applied.add(result.applied());
        } catch (FathomException e) {
            run.losses.add(Double.NaN);
            run.applied.add(false);
            run.failures.put(t, e.getMessage());
            if (e instanceof NonFiniteStep) {
                run.findings.add(String.join("\n", step.examine(batch).lines()));
            }
        }
    }

    private void see(DepthAnythingV2 model, Map<Tensor, Tensor> byParameter, double scale) {
        gradients.clear();
        for (Parameter p : model.parameters().trainable()) {
            Tensor gradient = byParameter.get(p.tensor());
            if (gradient != null) {
                double[] values = gradient.toDoubles();
                for (int i = 0; i < values.length; i++) {
                    values[i] /= scale;
                }
                gradients.put(p.name(), values);
            }
        }
    }

    static DepthAnythingV2 model(boolean batchNorm) {
        VitConfig vit = new VitConfig(SIDE, 14, 12, 4, 2, VitConfig.Ffn.MLP);
        DptConfig dpt = new DptConfig(4, List.of(4, 4, 6, 6), batchNorm, false);
        return new DepthAnythingV2(new ModelConfig(vit, List.of(0, 1, 2, 3), dpt), new DepthHead.Metric(10));
    }

    /** Samples that differ in how many of their pixels are valid; one in four has none. */
    static Batch batch(int size, int seed) {
        int pixels = SIDE * SIDE;
        float[] image = new float[size * pixels * 3];
        float[] depth = new float[size * pixels];
        byte[] valid = new byte[size * pixels];
        int[] counts = new int[size];
        List<String> names = new ArrayList<>();
        for (int n = 0; n < size; n++) {
            names.add("sample " + n);
            for (int i = 0; i < pixels; i++) {
                int at = n * pixels + i;
                for (int c = 0; c < 3; c++) {
                    image[3 * at + c] = (float) (2 * Math.sin(0.37 * at + c + seed));
                }
                depth[at] = (float) (5 + 4 * Math.sin(0.011 * at + seed));
                if (n % 4 != 2 && Math.floorMod(at * 7919 + seed, 10) < 3 + 2 * n) {
                    valid[at] = 1;
                    counts[n]++;
                }
            }
        }
        return new Batch(0, seed, size, SIDE, image, depth, valid, names, counts, 0);
    }
}
