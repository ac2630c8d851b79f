package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * The gradient of {@link Conv2d} by its picture. Arguments dy [N,H',W',O], weight [O,kh,kw,I]; output dx [N,H,W,I]:
 * every dy times the weights that its window laid over each pixel. With {@code inputRelu} a third argument x [N,H,W,I],
 * and dx is 0 where x <= 0: the gradient of the ReLU through which the picture was read.
 *
 * @param geometry strides and padding of the convolution
 * @param height H, {@code width} W: several sizes give the same H' and W' when the stride is not 1
 * @param inputRelu whether the convolution read max(x, 0) instead of x
 */
public record Conv2dBackwardInput(ConvGeometry geometry, int height, int width, boolean inputRelu) implements Op {
    /** Of a convolution without a ReLU on its input. */
    public Conv2dBackwardInput(ConvGeometry geometry, int height, int width) {
        this(geometry, height, width, false);
    }

    @Override
    public String name() {
        return "conv2d_backward_input";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, inputRelu ? 3 : 2);
        TensorSpec dy = in.get(0);
        TensorSpec weight = in.get(1);
        InferRules.isFloat(name(), "dy", dy);
        InferRules.sameDType(name(), "dy", dy, "weight", weight);
        InferRules.rank(name(), "dy", dy, 4, "[N,H',W',O]");
        InferRules.rank(name(), "weight", weight, 4, "[O,kh,kw,I]");
        TensorSpec dx = new TensorSpec(Shape.of(dy.dim(0), height, width, weight.dim(3)), dy.dtype());
        TensorSpec expected = new TensorSpec(geometry.output(name(), dx.shape(), weight.shape()), dy.dtype());
        InferRules.sameShape(name(), "dy", dy, "conv2d's output", expected);
        if (inputRelu) {
            InferRules.same(name(), "x", in.get(2), dx);
        }
        return List.of(dx);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray dy = in.get(0);
        NdArray weight = in.get(1);
        NdArray dx = out.get(0);
        Arrays.fill(dx.data(), 0);
        for (int n = 0; n < dy.dim(0); n++) {
            for (int r = 0; r < dy.dim(1); r++) {
                for (int c = 0; c < dy.dim(2); c++) {
                    for (int i = 0; i < weight.dim(1); i++) {
                        for (int j = 0; j < weight.dim(2); j++) {
                            int row = r * geometry.strideH() + i - geometry.padH();
                            int column = c * geometry.strideW() + j - geometry.padW();
                            if (row < 0 || row >= height || column < 0 || column >= width) {
                                continue;
                            }
                            for (int o = 0; o < dy.dim(3); o++) {
                                for (int k = 0; k < dx.dim(3); k++) {
                                    dx.data()[dx.at(n, row, column, k)] += dy.data()[dy.at(n, r, c,
                                            o)] * weight.data()[weight.at(o, i, j, k)];
                                }
                            }
                        }
                    }
                }
            }
        }
        for (int i = 0; inputRelu && i < dx.data().length; i++) {
            dx.data()[i] *= Unary.Kind.RELU.derivative(in.get(2).data()[i]);
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        TensorSpec weight = in.get(1);
        return OpCost.products(in.get(0).shape().numel() * weight.shape().product(1, 4), in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it is itself a gradient");
    }
}
