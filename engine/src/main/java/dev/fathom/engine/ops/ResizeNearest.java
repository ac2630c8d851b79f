package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;

/**
 * Nearest-neighbour resize of x [N,H,W,C] to y [N,outH,outW,C]: y[n,i,j,c] = x[n, floor(i H/outH), floor(j W/outW), c],
 * the quotients in whole numbers. Values are copied, never computed, so masks and depth maps with holes keep their
 * values.
 *
 * <p>Gradient: each input pixel sums the output pixels that copied it ({@link ResizeNearestBackward}).
 *
 * <p>{@code torch.nn.functional.interpolate(x, (outH, outW), mode="nearest")}: not PyTorch's nearest-exact, and without
 * its float32 rounding of H/outH.
 *
 * @param outH rows of the result, at least 1
 * @param outW columns of the result, at least 1
 */
public record ResizeNearest(int outH, int outW) implements ResampleOp {
    /** The input itself if it has that size already. */
    public static Tensor of(Tensor x, int outH, int outW) {
        boolean same = x.rank() == 4 && x.dim(1) == outH && x.dim(2) == outW;
        return same ? x : Dispatcher.run1(new ResizeNearest(outH, outW), x);
    }

    @Override
    public String name() {
        return "resize_nearest";
    }

    @Override
    public AxisTaps rowTaps(int h) {
        return AxisTaps.nearest(h, outH);
    }

    @Override
    public AxisTaps columnTaps(int w) {
        return AxisTaps.nearest(w, outW);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        TensorSpec x = call.inputSpec(0);
        return new Tensor[] {Dispatcher.run1(new ResizeNearestBackward(x.dim(1), x.dim(2)), call.gradOutput(0))};
    }
}
