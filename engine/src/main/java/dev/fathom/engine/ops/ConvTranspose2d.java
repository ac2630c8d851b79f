package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Transposed convolution whose stride is its window, channels-last: every pixel of x [N,H,W,I] becomes a window of
 * y [N,kH,kW,O], and windows do not overlap:
 * y[n, r k + i, c k + j, o] = bias[o] + sum over m of x[n,r,c,m] weight[m,i,j,o].
 * {@code torch.nn.functional.conv_transpose2d} with stride k and padding 0.
 *
 * <p>The weight is [I,k,k,O], PyTorch's [I,O,k,k] permuted: as a matrix [I, k k O] it turns each pixel into its window
 * with one product. In that layout it is also the weight [O',k,k,I'] of the ordinary convolution that goes the other
 * way, and that is the gradient: dx = {@link Conv2d} of dy with stride k, dweight = {@link Conv2dBackwardWeight} with
 * the roles of picture and result exchanged, dbias = sum of dy over pixels.
 *
 * @param kernel k: rows and columns of the window and of the stride, at least 1
 * @param bias whether a third argument is added
 */
public record ConvTranspose2d(int kernel, boolean bias) implements Op {
    public ConvTranspose2d {
        if (kernel < 1) {
            throw new ShapeException("conv_transpose2d: the kernel must be at least 1, got " + kernel);
        }
    }

    /** The op on tensors; {@code bias} may be null. */
    public static Tensor of(Tensor x, Tensor weight, Tensor bias, int kernel) {
        ConvTranspose2d op = new ConvTranspose2d(kernel, bias != null);
        return bias == null ? Dispatcher.run1(op, x, weight) : Dispatcher.run1(op, x, weight, bias);
    }

    @Override
    public String name() {
        return "conv_transpose2d";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, bias ? 3 : 2);
        TensorSpec x = in.get(0);
        TensorSpec weight = in.get(1);
        InferRules.isFloat(name(), "x", x);
        InferRules.sameDType(name(), "x", x, "weight", weight);
        InferRules.rank(name(), "x", x, 4, "[N,H,W,I]");
        InferRules.rank(name(), "weight", weight, 4, "[I,k,k,O]");
        String window = "the kernel; strides other than the kernel are not supported";
        InferRules.extent(name(), "weight", weight, 1, kernel, window);
        InferRules.extent(name(), "weight", weight, 2, kernel, window);
        InferRules.extent(name(), "x", x, 3, weight.dim(0), "weight" + weight.shape() + " axis 0");
        if (bias) {
            InferRules.bias(name(), x, weight, 3, in.get(2));
        }
        Shape y = Shape.of(x.dim(0), x.dim(1) * kernel, x.dim(2) * kernel, weight.dim(3));
        return List.of(new TensorSpec(y, x.dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray x = in.get(0);
        NdArray weight = in.get(1);
        NdArray y = out.get(0);
        for (int n = 0; n < y.dim(0); n++) {
            for (int row = 0; row < y.dim(1); row++) {
                for (int column = 0; column < y.dim(2); column++) {
                    for (int o = 0; o < y.dim(3); o++) {
                        double sum = bias ? in.get(2).data()[o] : 0;
                        for (int m = 0; m < x.dim(3); m++) {
                            sum += x.data()[x.at(n, row / kernel, column / kernel, m)]
                                * weight.data()[weight.at(m, row % kernel, column % kernel, o)];
                        }
                        y.data()[y.at(n, row, column, o)] = sum;
                    }
                }
            }
        }
    }

    @Override
    public CastRule castRule() {
        return CastRule.half(0, 1);
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.products(out.get(0).shape().numel() * in.get(0).dim(3), in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return Saves.inputs(0, 1);
    }

    /** x is for the weight's gradient, the weight for x's. */
    @Override
    public Saves saves(IntPredicate flows) {
        Saves saves = flows.test(1) ? saves() : saves().withoutInput(0);
        return flows.test(0) ? saves : saves.withoutInput(1);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor dy = call.gradOutput(0);
        ConvGeometry geometry = ConvGeometry.square(kernel, 0);
        List<Tensor> grads = new ArrayList<>();
        grads.add(call.needs(0) ? Conv2d.of(dy, call.input(1), null, geometry, false) : null);
        grads.add(call.needs(1)
            ? Dispatcher.run1(new Conv2dBackwardWeight(geometry, kernel, kernel), dy, call.input(0)) : null);
        if (bias) {
            grads.add(call.needs(2) ? SumTo.of(dy.reshape(-1, dy.dim(3)), call.inputSpec(2)) : null);
        }
        return grads.toArray(Tensor[]::new);
    }
}
