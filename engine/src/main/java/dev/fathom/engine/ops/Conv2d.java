package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Convolution, channels-last, with what stands before and after it in a decoder: x [N,H,W,I], weight [O,kh,kw,I], bias
 * [O] and residuals [N,H',W',O] (both optional), y [N,H',W',O] with
 *
 * <pre>
 * y[n,r,c,o] = f( bias[o] + sum over i,j,k of g(x[n, r strideH + i - padH, c strideW + j - padW, k]) weight[o,i,j,k]
 *                 + residuals[n,r,c,o] )
 * </pre>
 *
 * with zeros outside the picture; g is ReLU on what is read if {@code inputRelu}, f is ReLU on the result if {@code
 * relu}. {@code torch.nn.functional.conv2d} with groups 1 and dilation 1, its [O,I,kh,kw] weight permuted.
 *
 * <p>Of 16-bit x and weight, y is 16-bit and so are the residuals; the bias is float32. All is added up in float32 and
 * rounded once.
 *
 * <p>Gradient: with g = dy (with ReLU: where y > 0), {@link Conv2dBackwardInput}, {@link Conv2dBackwardWeight}, the sum
 * of g for the bias, and g itself for the residuals. A ReLU on the input belongs to those two operations as well: the
 * map after it is never written, forward or backward.
 *
 * @param geometry strides and padding
 * @param bias whether a third argument is added
 * @param inputRelu whether max(., 0) is applied to x as it is read
 * @param residuals how many more arguments, each like y, are added before the ReLU: 0, 1 or 2
 * @param relu whether max(., 0) follows
 */
public record Conv2d(ConvGeometry geometry, boolean bias, boolean inputRelu, int residuals, boolean relu)
        implements Op {
    public Conv2d {
        if (residuals < 0 || residuals > 2) {
            throw new IllegalArgumentException("conv2d adds at most two residuals, got " + residuals);
        }
    }

    /** Without a ReLU on the input, without residuals. */
    public Conv2d(ConvGeometry geometry, boolean bias, boolean relu) {
        this(geometry, bias, false, 0, relu);
    }

    /** conv(x) + bias; {@code bias} may be null. */
    public static Tensor of(Tensor x, Tensor weight, Tensor bias, int stride, int padding) {
        return of(x, weight, bias, ConvGeometry.square(stride, padding), false);
    }

    /** relu(conv(x) + bias); {@code bias} may be null. */
    public static Tensor relu(Tensor x, Tensor weight, Tensor bias, int stride, int padding) {
        return of(x, weight, bias, ConvGeometry.square(stride, padding), true);
    }

    public static Tensor of(Tensor x, Tensor weight, Tensor bias, ConvGeometry geometry, boolean relu) {
        return new Conv2d(geometry, bias != null, relu).on(x, weight, bias);
    }

    /** This convolution of these tensors; {@code biasOrNull} as {@link #bias} says, residuals as many as there are. */
    public Tensor on(Tensor x, Tensor weight, Tensor biasOrNull, Tensor... added) {
        return Dispatcher.run1(this, arguments(x, weight, biasOrNull, added).toArray(Tensor[]::new));
    }

    static List<Tensor> arguments(Tensor x, Tensor weight, Tensor biasOrNull, Tensor... added) {
        List<Tensor> in = new ArrayList<>(List.of(x, weight));
        if (biasOrNull != null) {
            in.add(biasOrNull);
        }
        in.addAll(List.of(added));
        return in;
    }

    /** Number of arguments. */
    public int inputs() {
        return 2 + (bias ? 1 : 0) + residuals;
    }

    /** Index of the first residual among the arguments. */
    public int firstResidual() {
        return bias ? 3 : 2;
    }

    @Override
    public String name() {
        return "conv2d";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, inputs());
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
        TensorSpec y = new TensorSpec(geometry.output(name(), x.shape(), weight.shape()), x.dtype());
        for (int i = 0; i < residuals; i++) {
            InferRules.same(name(), "residual", in.get(firstResidual() + i), y);
        }
        return List.of(y);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray y = out.get(0);
        for (int n = 0; n < y.dim(0); n++) {
            for (int r = 0; r < y.dim(1); r++) {
                for (int c = 0; c < y.dim(2); c++) {
                    for (int o = 0; o < y.dim(3); o++) {
                        double sum = (bias ? in.get(2).data()[o] : 0) + window(in.get(0), in.get(1), n, r, c, o);
                        for (int i = 0; i < residuals; i++) {
                            sum += in.get(firstResidual() + i).data()[y.at(n, r, c, o)];
                        }
                        y.data()[y.at(n, r, c, o)] = relu ? Unary.Kind.RELU.value(sum) : sum;
                    }
                }
            }
        }
    }

    private double window(NdArray x, NdArray weight, int n, int r, int c, int o) {
        double sum = 0;
        for (int i = 0; i < weight.dim(1); i++) {
            for (int j = 0; j < weight.dim(2); j++) {
                int row = r * geometry.strideH() + i - geometry.padH();
                int column = c * geometry.strideW() + j - geometry.padW();
                if (row < 0 || row >= x.dim(1) || column < 0 || column >= x.dim(2)) {
                    continue;
                }
                for (int k = 0; k < x.dim(3); k++) {
                    double pixel = x.data()[x.at(n, row, column, k)];
                    sum += (inputRelu ? Unary.Kind.RELU.value(pixel) : pixel) * weight.data()[weight.at(o, i, j, k)];
                }
            }
        }
        return sum;
    }

    @Override
    public CastRule castRule() {
        CastRule factors = CastRule.half(0, 1);
        return residuals == 0 ? factors : factors.and(firstResidual()).and(firstResidual() + residuals - 1);
    }

    /** Multiply-adds for a result of this spec; zeros beyond the edge count. */
    long products(List<TensorSpec> in, TensorSpec y) {
        return y.shape().numel() * in.get(1).shape().product(1, 4);
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.products(products(in, out.get(0)), in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return relu ? Saves.inputs(0, 1).andOutputs(0) : Saves.inputs(0, 1);
    }

    /** x is for the weight's gradient, and for its own where that goes back through a ReLU; the weight for x's. */
    @Override
    public Saves saves(IntPredicate flows) {
        Saves saves = flows.test(1) || inputRelu && flows.test(0) ? saves() : saves().withoutInput(0);
        return flows.test(0) ? saves : saves.withoutInput(1);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor g = call.gradOutput(0);
        if (relu) {
            g = Dispatcher.run1(new UnaryBackward(Unary.Kind.RELU), call.output(0), g);
        }
        Tensor[] grads = new Tensor[call.inputs()];
        gradients(call, g, grads);
        return grads;
    }

    /** Writes the gradients of this convolution's arguments, which are the first of a call; g is what f passed on. */
    void gradients(BackwardCall call, Tensor g, Tensor[] grads) {
        Shape x = call.inputSpec(0).shape();
        Shape weight = call.inputSpec(1).shape();
        // The weight's gradient first: after it, x can go before the gradient of x is made.
        if (call.needs(1)) {
            grads[1] = Dispatcher.run1(new Conv2dBackwardWeight(geometry, weight.dim(1), weight.dim(2), inputRelu),
                    call.input(0), g);
        }
        if (call.needs(0)) {
            Op op = new Conv2dBackwardInput(geometry, x.dim(1), x.dim(2), inputRelu);
            if (inputRelu) {
                grads[0] = Dispatcher.run1(op, g, call.input(1), call.input(0));
            } else {
                call.doneWithInput(0);
                grads[0] = Dispatcher.run1(op, g, call.input(1));
            }
        }
        if (bias && call.needs(2)) {
            grads[2] = SumTo.of(g.reshape(-1, g.dim(3)), call.inputSpec(2));
        }
        for (int i = firstResidual(); i < inputs(); i++) {
            grads[i] = call.needs(i) ? g : null;
        }
    }
}
