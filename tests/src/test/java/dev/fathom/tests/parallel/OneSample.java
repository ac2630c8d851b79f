package dev.fathom.tests.parallel;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.LossStatistics;
import dev.fathom.training.loss.Objective;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What each sample of a batch adds to the gradients, judged by the statistics of the whole batch, written out. */
final class OneSample {
    private OneSample() {
    }

    /**
     * Per element the sum of the magnitudes of the samples' own gradients: no more than the sum of the magnitudes of all
     * the terms that the whole batch's gradient is the sum of.
     */
    static Map<String, double[]> magnitudes(Objective objective, Batch batch) {
        Map<String, double[]> sums = new LinkedHashMap<>();
        try (MemoryScope scope = MemoryScope.open("samples")) {
            DepthAnythingV2 model = TinyRun.model(false);
            model.parameters().initialise(3, Device.CPU, name -> true);
            List<Batch> samples = batch.split(batch.size());
            List<Tensor> predicted = samples.stream()
                    .map(s -> model.forward(tensor(s.image(), 1, s.side(), s.side(), 3))).toList();
            LossStatistics whole = statistics(objective, samples, predicted);
            for (int n = 0; n < samples.size(); n++) {
                Tensor pred = predicted.get(n);
                Gradients gradients = Backward.of(pred, objective.gradient(pred.detach(), target(samples.get(n)),
                        mask(samples.get(n)), whole, 1), null);
                model.parameters().trainable().forEach(p -> add(sums, p.name(), gradients.of(p.tensor())));
            }
        }
        return sums;
    }

    private static void add(Map<String, double[]> sums, String name, Tensor gradient) {
        if (gradient != null) {
            double[] sum = sums.computeIfAbsent(name, k -> new double[(int) gradient.numel()]);
            double[] g = gradient.toDoubles();
            for (int i = 0; i < g.length; i++) {
                sum[i] += Math.abs(g[i]);
            }
        }
    }

    private static LossStatistics statistics(Objective objective, List<Batch> samples, List<Tensor> predicted) {
        LossStatistics whole = objective.nothing();
        for (int round = 0; round < objective.rounds(); round++) {
            LossStatistics before = whole;
            whole = objective.nothing();
            for (int n = 0; n < samples.size(); n++) {
                whole = whole.merge(objective.statistics(predicted.get(n).detach(), target(samples.get(n)),
                        mask(samples.get(n)), before));
            }
        }
        return whole;
    }

    private static Tensor target(Batch sample) {
        return tensor(sample.depth(), 1, sample.side(), sample.side());
    }

    private static Tensor mask(Batch sample) {
        return Tensor.allocate(new TensorSpec(Shape.of(1, sample.side(), sample.side()), DType.BOOL), Device.CPU)
                .copyFrom(MemorySegment.ofArray(sample.valid()));
    }

    private static Tensor tensor(float[] values, int... dims) {
        return Tensor.allocate(new TensorSpec(Shape.of(dims), DType.F32), Device.CPU).copyFrom(values);
    }
}
