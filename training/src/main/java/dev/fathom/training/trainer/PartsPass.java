package dev.fathom.training.trainer;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.debug.Section;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.LossStatistics;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.parallel.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * What one worker does for a batch that is in parts.
 *
 * <p>The gradient of a part needs the loss's statistics of the whole batch, and those need the predictions of all parts. So
 * all parts are predicted first, without a record; only the last one is recorded, and its backward pass follows at once.
 * Then the others are run again, recorded. A worker with one part does no work twice; with K parts the forward pass of K - 1
 * is, which is about a third of their time. At any time the activations of one part are held.
 */
final class PartsPass {
    private final DepthAnythingV2 network;
    private final Objective objective;
    private final Precision precision;
    private final Communicator group;

    PartsPass(DepthAnythingV2 network, Objective objective, Precision precision, Communicator group) {
        this.network = network;
        this.objective = objective;
        this.precision = precision;
        this.group = group;
    }

    /** A part's prediction beside what it is judged by: small enough to keep for all parts. */
    private record Judged(Tensor pred, Tensor target, Tensor mask) {
    }

    /**
     * @param parts of this worker, none if the batch is too small
     * @return on the first worker the loss and the gradients of the whole batch, on others nothing
     */
    GradientPass.Result run(List<Batch> parts, double lossScale) {
        List<Judged> judged = new ArrayList<>();
        for (Batch part : parts) {
            judged.add(judge(part, judged.size() == parts.size() - 1));
        }
        LossStatistics whole = statistics(judged);
        GradientSum sum = new GradientSum(network.parameters().trainable());
        if (!parts.isEmpty()) {
            Judged last = judged.getLast();
            sum.add(backward(last.pred, last, whole, lossScale));
        }
        for (int i = 0; i < parts.size() - 1; i++) {
            try (MemoryScope scope = MemoryScope.open("part")) {
                sum.add(backward(forward(parts.get(i)), judged.get(i), whole, lossScale));
            }
        }
        group.reduce(sum.tensors(), 0);
        return group.rank() > 0 ? null : new GradientPass.Result(scalar(objective.value(whole)), sum.byParameter());
    }

    private Judged judge(Batch part, boolean recorded) {
        Shape shape = Shape.of(part.size(), part.side(), part.side());
        Tensor target = allocate(shape, number()).copyFrom(part.depth());
        Tensor mask = allocate(shape, DType.BOOL).copyFrom(MemorySegment.ofArray(part.valid()));
        if (recorded) {
            return new Judged(forward(part), target, mask);
        }
        try (GradMode.Scope off = GradMode.noGrad()) {
            return new Judged(forward(part), target, mask);
        }
    }

    private Tensor forward(Batch part) {
        try (MemoryScope scope = MemoryScope.scratch("part"); Autocast mixed = Autocast.open(precision)) {
            Tensor image = allocate(Shape.of(part.size(), part.side(), part.side(), 3), number()).copyFrom(part.image());
            return scope.keep(network.forward(image));
        }
    }

    private Gradients backward(Tensor pred, Judged part, LossStatistics whole, double lossScale) {
        Tensor cotangent;
        try (Section section = Section.open(Section.LOSS)) {
            cotangent = objective.gradient(part.pred.detach(), part.target, part.mask, whole, lossScale);
        }
        return Backward.of(pred, cotangent, null);
    }

    /** Of all parts of all workers, merged in the order that the parts have in the batch. */
    private LossStatistics statistics(List<Judged> own) {
        try (Section section = Section.open(Section.LOSS)) {
            return merged(own);
        }
    }

    private LossStatistics merged(List<Judged> own) {
        LossStatistics whole = objective.nothing();
        for (int round = 0; round < objective.rounds(); round++) {
            LossStatistics before = whole;
            whole = objective.nothing();
            double[] numbers = own.stream()
                    .map(p -> objective.statistics(p.pred.detach(), p.target, p.mask, before))
                    .flatMapToDouble(PartsPass::numbers).toArray();
            int length = (int) numbers(whole).count();
            for (double[] worker : group.allGather(numbers)) {
                for (int at = 0; at < worker.length; at += length) {
                    whole = whole.merge(of(Arrays.copyOfRange(worker, at, at + length), whole.sums().length));
                }
            }
        }
        return whole;
    }

    private static DoubleStream numbers(LossStatistics statistics) {
        return DoubleStream.concat(Arrays.stream(statistics.sums()),
                Arrays.stream(statistics.maxima()));
    }

    private static LossStatistics of(double[] numbers, int sums) {
        return LossStatistics.of(Arrays.copyOf(numbers, sums), Arrays.copyOfRange(numbers, sums, numbers.length));
    }

    private Tensor scalar(double value) {
        return allocate(Shape.SCALAR, number()).copyFrom(new double[] {value});
    }

    private DType number() {
        return network.device().equals(Device.REFERENCE) ? DType.F64 : DType.F32;
    }

    private Tensor allocate(Shape shape, DType dtype) {
        return Tensor.allocate(new TensorSpec(shape, dtype), network.device());
    }
}
