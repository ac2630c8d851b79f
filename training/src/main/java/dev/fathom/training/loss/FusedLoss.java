package dev.fathom.training.loss;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.InferRules;
import dev.fathom.engine.ops.LargestError;
import dev.fathom.engine.ops.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one part of a batch through an engine operation that keeps its statistics as a second output, and through its gradient
 * with the statistics of the whole batch in their place.
 */
final class FusedLoss {
    private FusedLoss() {
    }

    /**
     * The statistics of a part.
     *
     * @param more what follows pred, target, mask: numbers of the whole batch, each a float64 []
     */
    static double[] statistics(Op loss, Tensor pred, Tensor target, Tensor mask, double... more) {
        try (GradMode.Scope off = GradMode.noGrad(); MemoryScope scope = MemoryScope.open("statistics of a loss")) {
            List<Tensor> in = new ArrayList<>(List.of(wide(pred), target, mask));
            for (double number : more) {
                in.add(numbers(pred.device(), Shape.SCALAR, number));
            }
            return Dispatcher.run(loss, in.toArray(Tensor[]::new)).get(1).toDoubles();
        }
    }

    /** The largest error of a part. */
    static double largestError(Tensor pred, Tensor target, Tensor mask) {
        try (GradMode.Scope off = GradMode.noGrad(); MemoryScope scope = MemoryScope.open("largest error")) {
            return LargestError.of(wide(pred), target, mask).item();
        }
    }

    /**
     * The gradient of scale times the loss by a part's prediction.
     *
     * @param more what follows the gradient of the loss among the operation's inputs, each a float64 []
     */
    static Tensor gradient(Op backward, Tensor pred, Tensor target, Tensor mask, double[] statistics, double scale,
            double... more) {
        try (GradMode.Scope off = GradMode.noGrad(); MemoryScope scope = MemoryScope.open("gradient of a loss")) {
            Tensor wide = wide(pred);
            List<Tensor> in = new ArrayList<>(List.of(wide, target, mask,
                    numbers(pred.device(), Shape.of(statistics.length), statistics),
                    Tensor.allocate(new TensorSpec(Shape.SCALAR, wide.dtype()), pred.device())
                            .copyFrom(new double[] {scale})));
            for (double number : more) {
                in.add(numbers(pred.device(), Shape.SCALAR, number));
            }
            Tensor gradient = Dispatcher.run1(backward, in.toArray(Tensor[]::new));
            return scope.keep(gradient.dtype() == pred.dtype() ? gradient : Cast.of(gradient, pred.dtype()));
        }
    }

    /** A prediction in the dtype that losses are computed in. */
    static Tensor wide(Tensor pred) {
        DType wide = InferRules.wide(pred.dtype());
        return pred.dtype() == wide ? pred.detach() : Cast.of(pred, wide);
    }

    private static Tensor numbers(Device device, Shape shape, double... values) {
        return Tensor.allocate(new TensorSpec(shape, DType.F64), device).copyFrom(values);
    }
}
