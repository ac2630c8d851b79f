package dev.fathom.training.step;

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
 * is, which is about a third of their time. A loss that {@linkplain Objective#isKnownBeforehand() is known beforehand} needs
 * none of that: each part is run once. At any time the activations of one part are held.
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

    /** What a part is judged by. */
    private record Truth(Tensor target, Tensor mask) {
    }

    /**
     * @param parts of this worker, none if the batch is too small
     * @return on the first worker the loss and the gradients of the whole batch, on others nothing
     */
    GradientPass.Result run(List<Batch> parts, double lossScale) {
        List<Truth> truths = parts.stream().map(this::truth).toList();
        GradientSum sum = new GradientSum(network.parameters().trainable());
        LossStatistics whole = objective.isKnownBeforehand() ? inOneWalk(parts, truths, lossScale, sum)
                : inTwoWalks(parts, truths, lossScale, sum);
        group.reduce(sum.tensors(), 0);
        return group.rank() > 0 ? null : new GradientPass.Result(scalar(objective.value(whole)), sum.byParameter());
    }

    private LossStatistics inOneWalk(List<Batch> parts, List<Truth> truths, double lossScale, GradientSum sum) {
        LossStatistics counts = merged(truths.stream().map(t -> objective.beforehand(t.target, t.mask)).toList());
        List<LossStatistics> own = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            // The sum begins with the first part's gradients, which therefore outlive it.
            try (MemoryScope scope = i == 0 ? null : MemoryScope.open("part")) {
                Tensor pred = forward(parts.get(i));
                own.add(statistics(pred, truths.get(i), objective.nothing()));
                sum.add(backward(pred, pred, truths.get(i), counts, lossScale));
            }
        }
        return merged(own);
    }

    private LossStatistics inTwoWalks(List<Batch> parts, List<Truth> truths, double lossScale, GradientSum sum) {
        int last = parts.size() - 1;
        List<Tensor> predicted = new ArrayList<>();
        for (int i = 0; i <= last; i++) {
            predicted.add(i == last ? forward(parts.get(i)) : unrecorded(parts.get(i)));
        }
        LossStatistics whole = objective.nothing();
        for (int round = 0; round < objective.rounds(); round++) {
            List<LossStatistics> own = new ArrayList<>();
            for (int i = 0; i <= last; i++) {
                own.add(statistics(predicted.get(i), truths.get(i), whole));
            }
            whole = merged(own);
        }
        if (last >= 0) {
            sum.add(backward(predicted.get(last), predicted.get(last), truths.get(last), whole, lossScale));
        }
        for (int i = 0; i < last; i++) {
            try (MemoryScope scope = MemoryScope.open("part")) {
                sum.add(backward(forward(parts.get(i)), predicted.get(i), truths.get(i), whole, lossScale));
            }
        }
        return whole;
    }

    private Truth truth(Batch part) {
        Shape shape = Shape.of(part.size(), part.side(), part.side());
        return new Truth(allocate(shape, number()).copyFrom(part.depth()),
                allocate(shape, DType.BOOL).copyFrom(MemorySegment.ofArray(part.valid())));
    }

    private Tensor unrecorded(Batch part) {
        try (GradMode.Scope off = GradMode.noGrad()) {
            return forward(part);
        }
    }

    private Tensor forward(Batch part) {
        try (MemoryScope scope = MemoryScope.scratch("part"); Autocast mixed = Autocast.open(precision)) {
            Tensor image = allocate(Shape.of(part.size(), part.side(), part.side(), 3), number()).copyFrom(part.image());
            return scope.keep(network.forward(image));
        }
    }

    private LossStatistics statistics(Tensor pred, Truth truth, LossStatistics before) {
        try (Section section = Section.open(Section.LOSS)) {
            return objective.statistics(pred.detach(), truth.target, truth.mask, before);
        }
    }

    /**
     * @param recorded the prediction to differentiate
     * @param judged the same numbers, which the loss's gradient is taken at
     */
    private Gradients backward(Tensor recorded, Tensor judged, Truth truth, LossStatistics whole, double lossScale) {
        Tensor cotangent;
        try (Section section = Section.open(Section.LOSS)) {
            cotangent = objective.gradient(judged.detach(), truth.target, truth.mask, whole, lossScale);
        }
        return Backward.of(recorded, cotangent, null);
    }

    /** Of all parts of all workers, merged in the order that the parts have in the batch. */
    private LossStatistics merged(List<LossStatistics> own) {
        LossStatistics whole = objective.nothing();
        int sums = whole.sums().length;
        int length = (int) numbers(whole).count();
        for (double[] worker : group.allGather(own.stream().flatMapToDouble(PartsPass::numbers).toArray())) {
            for (int at = 0; at < worker.length; at += length) {
                whole = whole.merge(of(Arrays.copyOfRange(worker, at, at + length), sums));
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
