package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * Every pixel's k*k groups of channels become a k x k patch of pixels: x [N,H,W,k*k*C], y [N,kH,kW,C] with
 * y[n, kr+i, kc+j, :] = x[n, r, c, group i*k+j]. With a product before it this is a transposed convolution whose stride
 * is its kernel.
 *
 * <p>{@code torch.nn.functional.pixel_shuffle} does the same on [N,C,H,W] with the groups innermost; the order of
 * channels differs. Gradient: {@link PixelUnshuffle}.
 */
public record PixelShuffle(int k) implements Op {
    public static Tensor of(Tensor x, int k) {
        return Dispatcher.run1(new PixelShuffle(k), x);
    }

    @Override
    public String name() {
        return "pixel_shuffle";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        TensorSpec x = in.get(0);
        InferRules.isFloat(name(), "x", x);
        InferRules.rank(name(), "x", x, 4, "[N,H,W,k*k*C]");
        if (k < 1 || x.dim(3) % (k * k) != 0) {
            throw new ShapeException("pixel_shuffle: the " + x.dim(3) + " channels of x" + x.shape()
                    + " do not divide by " + k + "*" + k);
        }
        return List.of(new TensorSpec(Shape.of(x.dim(0), k * x.dim(1), k * x.dim(2), x.dim(3) / (k * k)), x.dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray x = in.get(0);
        NdArray y = out.get(0);
        for (int n = 0; n < y.dim(0); n++) {
            for (int r = 0; r < y.dim(1); r++) {
                for (int c = 0; c < y.dim(2); c++) {
                    int from = x.at(n, r / k, c / k, (r % k * k + c % k) * y.dim(3));
                    System.arraycopy(x.data(), from, y.data(), y.at(n, r, c, 0), y.dim(3));
                }
            }
        }
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        return new Tensor[] {PixelUnshuffle.of(call.gradOutput(0), k)};
    }
}
