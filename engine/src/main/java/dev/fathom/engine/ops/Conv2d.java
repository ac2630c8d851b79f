package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;

/**
 * Convolution, channels-last: x [N,H,W,I], weight [O,kh,kw,I], bias [O] (optional), y [N,H',W',O] with
 * y[n,r,c,o] = act(bias[o] + sum over i,j,k of x[n, r strideH + i - padH, c strideW + j - padW, k] weight[o,i,j,k]),
 * zeros outside. {@code torch.nn.functional.conv2d} with groups 1 and dilation 1, its [O,I,kh,kw] weight permuted.
 *
 * <p>Gradient: with g = dy (with ReLU: where y > 0), {@link Conv2dBackwardInput}, {@link Conv2dBackwardWeight}, and the
 * sum of g for the bias.
 *
 * @param geometry strides and padding
 * @param bias whether a third argument is added
 * @param relu whether max(., 0) follows
 */
public record Conv2d(ConvGeometry geometry, boolean bias, boolean relu) implements Op {
    /** conv(x) + bias; {@code bias} may be null. */
    public static Tensor of(Tensor x, Tensor weight, Tensor bias, int stride, int padding) {
        return of(x, weight, bias, ConvGeometry.square(stride, padding), false);
    }

    /** relu(conv(x) + bias); {@code bias} may be null. */
    public static Tensor relu(Tensor x, Tensor weight, Tensor bias, int stride, int padding) {
        return of(x, weight, bias, ConvGeometry.square(stride, padding), true);
    }

    public static Tensor of(Tensor x, Tensor weight, Tensor bias, ConvGeometry geometry, boolean relu) {
        Conv2d op = new Conv2d(geometry, bias != null, relu);
        return bias == null ? Dispatcher.run1(op, x, weight) : Dispatcher.run1(op, x, weight, bias);
    }

    @Override
    public String name() {
        return "conv2d";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, bias ? 3 : 2);
        TensorSpec x = in.get(0);
        TensorSpec weight = in.get(1);
        InferRules.isFloat(name(), "x", x);
        InferRules.sameDType(name(), "x", x, "weight", weight);
        InferRules.rank(name(), "x", x, 4, "[N,H,W,I]");
        InferRules.rank(name(), "weight", weight, 4, "[O,kh,kw,I]");
        InferRules.extent(name(), "x", x, 3, weight.dim(3), "weight" + weight.shape() + " axis 3");
        if (bias) {
            InferRules.bias(name(), x, weight, 0, in.get(2));
        }
        return List.of(new TensorSpec(geometry.output(name(), x.shape(), weight.shape()), x.dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray x = in.get(0);
        NdArray weight = in.get(1);
        NdArray y = out.get(0);
        for (int n = 0; n < y.dim(0); n++) {
            for (int r = 0; r < y.dim(1); r++) {
                for (int c = 0; c < y.dim(2); c++) {
                    for (int o = 0; o < y.dim(3); o++) {
                        double sum = bias ? in.get(2).data()[o] : 0;
                        for (int i = 0; i < weight.dim(1); i++) {
                            for (int j = 0; j < weight.dim(2); j++) {
                                int row = r * geometry.strideH() + i - geometry.padH();
                                int column = c * geometry.strideW() + j - geometry.padW();
                                if (row < 0 || row >= x.dim(1) || column < 0 || column >= x.dim(2)) {
                                    continue;
                                }
                                for (int k = 0; k < x.dim(3); k++) {
                                    sum += x.data()[x.at(n, row, column, k)] * weight.data()[weight.at(o, i, j, k)];
                                }
                            }
                        }
                        y.data()[y.at(n, r, c, o)] = relu ? Unary.Kind.RELU.value(sum) : sum;
                    }
                }
            }
        }
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return relu ? Saves.inputs(0, 1).andOutputs(0) : Saves.inputs(0, 1);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor g = call.gradOutput(0);
        if (relu) {
            g = Dispatcher.run1(new UnaryBackward(Unary.Kind.RELU), call.output(0), g);
        }
        Shape x = call.inputSpec(0).shape();
        Shape weight = call.inputSpec(1).shape();
        List<Tensor> grads = new ArrayList<>();
        grads.add(call.needs(0) ? Dispatcher.run1(new Conv2dBackwardInput(geometry, x.dim(1), x.dim(2)), g,
                call.input(1)) : null);
        grads.add(call.needs(1) ? Dispatcher.run1(new Conv2dBackwardWeight(geometry, weight.dim(1), weight.dim(2)),
                call.input(0), g) : null);
        if (bias) {
            grads.add(call.needs(2) ? SumTo.of(g.reshape(-1, g.dim(3)), call.inputSpec(2).shape()) : null);
        }
        return grads.toArray(Tensor[]::new);
    }
}
