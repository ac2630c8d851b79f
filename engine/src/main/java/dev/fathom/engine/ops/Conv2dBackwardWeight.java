package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * The gradient of {@link Conv2d} by its weight. Arguments x [N,H,W,I], dy [N,H',W',O]; output dweight [O,kh,kw,I]: for
 * each place in the window, the product of dy with the pixels that lay there, summed over all windows. Of 16-bit x and
 * dy it is float32: the sum over every window of every picture, on its way to a float32 master weight.
 *
 * @param geometry strides and padding of the convolution
 * @param kernelH kh, {@code kernelW} kw
 * @param inputRelu whether the convolution read max(x, 0) instead of x
 */
public record Conv2dBackwardWeight(ConvGeometry geometry, int kernelH, int kernelW, boolean inputRelu) implements Op {
    /** Of a convolution without a ReLU on its input. */
    public Conv2dBackwardWeight(ConvGeometry geometry, int kernelH, int kernelW) {
        this(geometry, kernelH, kernelW, false);
    }

    @Override
    public String name() {
        return "conv2d_backward_weight";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 2);
        TensorSpec x = in.get(0);
        TensorSpec dy = in.get(1);
        InferRules.isFloat(name(), "x", x);
        InferRules.sameDType(name(), "x", x, "dy", dy);
        InferRules.rank(name(), "x", x, 4, "[N,H,W,I]");
        InferRules.rank(name(), "dy", dy, 4, "[N,H',W',O]");
        TensorSpec dw = new TensorSpec(Shape.of(dy.dim(3), kernelH, kernelW, x.dim(3)),
                InferRules.wide(x.dtype()));
        TensorSpec expected = new TensorSpec(geometry.output(name(), x.shape(), dw.shape()), x.dtype());
        InferRules.sameShape(name(), "dy", dy, "conv2d's output", expected);
        return List.of(dw);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray x = in.get(0);
        NdArray dy = in.get(1);
        NdArray dw = out.get(0);
        Arrays.fill(dw.data(), 0);
        for (int n = 0; n < dy.dim(0); n++) {
            for (int r = 0; r < dy.dim(1); r++) {
                for (int c = 0; c < dy.dim(2); c++) {
                    for (int i = 0; i < kernelH; i++) {
                        for (int j = 0; j < kernelW; j++) {
                            int row = r * geometry.strideH() + i - geometry.padH();
                            int column = c * geometry.strideW() + j - geometry.padW();
                            if (row < 0 || row >= x.dim(1) || column < 0 || column >= x.dim(2)) {
                                continue;
                            }
                            for (int o = 0; o < dy.dim(3); o++) {
                                for (int k = 0; k < x.dim(3); k++) {
                                    double pixel = x.data()[x.at(n, row, column, k)];
                                    dw.data()[dw.at(o, i, j, k)] += dy.data()[dy.at(n, r, c, o)]
                                            * (inputRelu ? Unary.Kind.RELU.value(pixel) : pixel);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.products(in.get(1).shape().numel() * out.get(0).shape().product(1, 4), in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it is itself a gradient");
    }
}
