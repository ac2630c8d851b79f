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
 * The inverse of {@link PixelShuffle}, and its gradient: x [N,kH,kW,C], y [N,H,W,k*k*C].
 */
public record PixelUnshuffle(int k) implements Op {
    public static Tensor of(Tensor x, int k) {
        return Dispatcher.run1(new PixelUnshuffle(k), x);
    }

    @Override
    public String name() {
        return "pixel_unshuffle";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        TensorSpec x = in.get(0);
        InferRules.isFloat(name(), "x", x);
        InferRules.rank(name(), "x", x, 4, "[N,k*H,k*W,C]");
        if (k < 1 || x.dim(1) % k != 0 || x.dim(2) % k != 0) {
            throw new ShapeException("pixel_unshuffle: rows and columns of x" + x.shape() + " must divide by " + k);
        }
        return List.of(new TensorSpec(Shape.of(x.dim(0), x.dim(1) / k, x.dim(2) / k, k * k * x.dim(3)), x.dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray x = in.get(0);
        NdArray y = out.get(0);
        for (int n = 0; n < x.dim(0); n++) {
            for (int r = 0; r < x.dim(1); r++) {
                for (int c = 0; c < x.dim(2); c++) {
                    int to = y.at(n, r / k, c / k, (r % k * k + c % k) * x.dim(3));
                    System.arraycopy(x.data(), x.at(n, r, c, 0), y.data(), to, x.dim(3));
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
        return new Tensor[] {PixelShuffle.of(call.gradOutput(0), k)};
    }
}
