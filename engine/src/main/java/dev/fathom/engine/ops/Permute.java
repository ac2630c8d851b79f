package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The axes in another order, written out densely: y's axis i is x's axis axes[i], so y[j0, j1, ...] = x at the index
 * whose entry axes[i] is ji. {@code x.permute(axes).contiguous()}.
 *
 * <p>Values are moved, never computed. Gradient: the inverse permutation of dy.
 *
 * @param axes every axis of x once
 */
public record Permute(List<Integer> axes) implements Op {
    public Permute {
        axes = List.copyOf(axes);
    }

    /** The axes in this order; negative ones count from the end. The input itself where the order stays. */
    public static Tensor of(Tensor x, int... axes) {
        List<Integer> order = IntStream.of(axes).map(a -> x.shape().axis(a)).boxed().toList();
        return order.equals(identity(x.rank())) ? x : Dispatcher.run1(new Permute(order), x);
    }

    /** Two axes exchanged; negative ones count from the end. {@code x.transpose(a, b).contiguous()}. */
    public static Tensor transpose(Tensor x, int a, int b) {
        List<Integer> order = new ArrayList<>(identity(x.rank()));
        Collections.swap(order, x.shape().axis(a), x.shape().axis(b));
        return of(x, order.stream().mapToInt(Integer::intValue).toArray());
    }

    private static List<Integer> identity(int rank) {
        return IntStream.range(0, rank).boxed().toList();
    }

    @Override
    public String name() {
        return "permute";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        TensorSpec x = in.get(0);
        InferRules.isFloat(name(), "x", x);
        if (!axes.stream().sorted().toList().equals(identity(x.rank()))) {
            throw new ShapeException("permute: " + axes + " does not name every axis of x" + x.shape() + " once");
        }
        return List.of(new TensorSpec(Shape.of(axes.stream().mapToInt(a -> x.dim(a)).toArray()), x.dtype()));
    }

    /** For each axis of y, how many elements of x lie between two of its entries. */
    public int[] strides(Shape x) {
        int[] strides = new int[axes.size()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = Math.toIntExact(x.product(axes.get(i) + 1, x.rank()));
        }
        return strides;
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray y = out.get(0);
        int[] strides = strides(in.get(0).shape());
        for (int i = 0; i < y.data().length; i++) {
            int from = 0;
            for (int axis = strides.length - 1, flat = i; axis >= 0; axis--) {
                from += flat % y.dim(axis) * strides[axis];
                flat /= y.dim(axis);
            }
            y.data()[i] = in.get(0).data()[from];
        }
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
    public Tensor[] backward(BackwardCall call) {
        int[] inverse = new int[axes.size()];
        for (int i = 0; i < inverse.length; i++) {
            inverse[axes.get(i)] = i;
        }
        return new Tensor[] {of(call.gradOutput(0), inverse)};
    }
}
