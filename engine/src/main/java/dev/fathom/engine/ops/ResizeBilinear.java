package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;

/**
 * Bilinear resize of x [N,H,W,C] to y [N,outH,outW,C]: the head's fusion blocks, its last enlargement, and the step
 * back to the photo's size, all with corners aligned.
 *
 * <p>Rules: {@link AxisTaps#bilinear}. No antialiasing when it shrinks. Weights are computed in float64 and rounded
 * once; a value is two float32 interpolations, along columns then along rows, so a constant image stays constant to one
 * unit in the last place. An infinite value also spoils its neighbour of weight 0, as in PyTorch.
 *
 * <p>Gradient: {@link ResizeBilinearBackward}; nothing is saved.
 *
 * <p>{@code torch.nn.functional.interpolate(x, (outH, outW), mode="bilinear", align_corners=alignCorners)}.
 *
 * @param outH rows of the result, at least 1
 * @param outW columns of the result, at least 1
 * @param alignCorners whether the centres of the corner pixels stay corners (true), or the pixels' outer edges do
 * (false)
 */
public record ResizeBilinear(int outH, int outW, boolean alignCorners) implements ResampleOp {
    /** The input itself if it has that size already. */
    public static Tensor of(Tensor x, int outH, int outW, boolean alignCorners) {
        boolean same = x.rank() == 4 && x.dim(1) == outH && x.dim(2) == outW;
        return same ? x : Dispatcher.run1(new ResizeBilinear(outH, outW, alignCorners), x);
    }

    @Override
    public String name() {
        return "resize_bilinear";
    }

    @Override
    public AxisTaps rowTaps(int h) {
        return AxisTaps.bilinear(h, outH, alignCorners);
    }

    @Override
    public AxisTaps columnTaps(int w) {
        return AxisTaps.bilinear(w, outW, alignCorners);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        TensorSpec x = call.inputSpec(0);
        return new Tensor[] {Dispatcher.run1(new ResizeBilinearBackward(x.dim(1), x.dim(2), alignCorners),
                call.gradOutput(0))};
    }
}
