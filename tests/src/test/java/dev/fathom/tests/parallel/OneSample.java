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
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.LossStatistics;
import dev.fathom.training.loss.SiLog;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What each sample of a batch adds to the gradients, judged by the statistics of the whole batch, written out. */
final class OneSample {
    private OneSample() {
    }

    static Map<String, double[]> gradients(Batch batch, int index) {
        try (MemoryScope scope = MemoryScope.open("one sample")) {
            DepthAnythingV2 model = TinyRun.model(false);
            model.parameters().initialise(3, Device.CPU, name -> true);
            SiLog silog = new SiLog(0.5);
            List<Batch> samples = batch.split(batch.size());
            LossStatistics whole = silog.nothing();
            Tensor wanted = null;
            for (Batch sample : samples) {
                Tensor pred = model.forward(tensor(sample.image(), 1, sample.side(), sample.side(), 3));
                whole = whole.merge(silog.statistics(pred.detach(), target(sample), mask(sample), silog.nothing()));
                wanted = sample == samples.get(index) ? pred : wanted;
            }
            Batch sample = samples.get(index);
            Gradients gradients = Backward.of(wanted, silog.gradient(wanted.detach(), target(sample), mask(sample), whole,
                    1), null);
            Map<String, double[]> byName = new LinkedHashMap<>();
            for (Parameter p : model.parameters().trainable()) {
                Tensor g = gradients.of(p.tensor());
                if (g != null) {
                    byName.put(p.name(), g.toDoubles());
                }
            }
            return byName;
        }
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
