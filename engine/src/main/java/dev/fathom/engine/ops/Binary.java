package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.List;
import java.util.Locale;

/**
 * y = a (kind) b with NumPy broadcasting: shapes aligned at the last axis, equal extents or 1.
 *
 * <p>Gradients, before they are summed back over broadcast axes ({@link SumTo}): add (dy, dy); sub (dy, -dy);
 * mul (dy b, dy a); div (dy / b, -dy y / b). {@code torch.add, sub, mul, div}.
 */
public record Binary(Kind kind) implements Op {
    /** The function of two numbers. */
    public enum Kind { ADD, SUB, MUL, DIV }

    /** a + b */
    public static Tensor add(Tensor a, Tensor b) {
        return Dispatcher.run1(new Binary(Kind.ADD), a, b);
    }

    /** a - b */
    public static Tensor sub(Tensor a, Tensor b) {
        return Dispatcher.run1(new Binary(Kind.SUB), a, b);
    }

    /** a * b, element by element */
    public static Tensor mul(Tensor a, Tensor b) {
        return Dispatcher.run1(new Binary(Kind.MUL), a, b);
    }

    /** a / b, element by element */
    public static Tensor div(Tensor a, Tensor b) {
        return Dispatcher.run1(new Binary(Kind.DIV), a, b);
    }

    @Override
    public String name() {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 2);
        InferRules.isFloat(name(), "a", in.get(0));
        InferRules.sameDType(name(), "a", in.get(0), "b", in.get(1));
        return List.of(new TensorSpec(Shape.broadcast(name(), in.get(0).shape(), in.get(1).shape()), in.get(0)
                .dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray a = in.get(0);
        NdArray b = in.get(1);
        NdArray y = out.get(0);
        int[] strideA = broadcastStrides(a.shape(), y.shape());
        int[] strideB = broadcastStrides(b.shape(), y.shape());
        for (int i = 0; i < y.data().length; i++) {
            y.data()[i] = apply(a.data()[source(i, y.shape(), strideA)], b.data()[source(i, y.shape(), strideB)]);
        }
    }

    private double apply(double a, double b) {
        return switch (kind) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
        };
    }

    /** Element strides of {@code from} along the axes of {@code to}: 0 where it is broadcast. */
    public static int[] broadcastStrides(Shape from, Shape to) {
        int[] strides = new int[to.rank()];
        int stride = 1;
        for (int i = 1; i <= from.rank(); i++) {
            strides[to.rank() - i] = from.dim(-i) == 1 ? 0 : stride;
            stride *= from.dim(-i);
        }
        return strides;
    }

    private static int source(int flat, Shape shape, int[] strides) {
        int index = 0;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            index += flat % shape.dim(axis) * strides[axis];
            flat /= shape.dim(axis);
        }
        return index;
    }

    @Override
    public CastRule castRule() {
        return CastRule.WIDEST;
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return switch (kind) {
            case ADD, SUB -> Saves.NOTHING;
            case MUL -> Saves.inputs(0, 1);
            case DIV -> Saves.inputs(1).andOutputs(0);
        };
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor dy = call.gradOutput(0);
        Tensor da = null;
        Tensor db = null;
        if (call.needs(0)) {
            da = switch (kind) {
                case ADD, SUB -> dy;
                case MUL -> mul(dy, call.input(1));
                case DIV -> div(dy, call.input(1));
            };
        }
        if (call.needs(1)) {
            db = switch (kind) {
                case ADD -> dy;
                case SUB -> Affine.of(dy, -1, 0);
                case MUL -> mul(dy, call.input(0));
                case DIV -> Affine.of(div(mul(dy, call.output(0)), call.input(1)), -1, 0);
            };
        }
        return new Tensor[] {
            da == null ? null : SumTo.of(da, call.inputSpec(0).shape()),
            db == null ? null : SumTo.of(db, call.inputSpec(1).shape()),
        };
    }
}
