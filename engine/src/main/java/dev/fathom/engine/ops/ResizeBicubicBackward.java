package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import java.util.List;

/**
 * dx [N,inH,inW,C] from dy [N,outH,outW,C] of {@link ResizeBicubic}: each input pixel sums the output pixels that read
 * it. {@code torch.ops.aten.upsample_bicubic2d_backward}.
 *
 * @param inH rows of the forward's input
 * @param inW columns of the forward's input
 * @param stepH as in the forward
 * @param stepW as in the forward
 * @param alignCorners as in the forward
 */
public record ResizeBicubicBackward(int inH, int inW, double stepH, double stepW, boolean alignCorners)
        implements ResampleBackwardOp {
    @Override
    public String name() {
        return "resize_bicubic_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        ResizeBicubic.checkSteps(name(), stepH, stepW);
        return ResampleBackwardOp.super.infer(in);
    }

    @Override
    public AxisTaps rowTaps(int outH) {
        return AxisTaps.bicubic(inH, outH, stepH, alignCorners);
    }

    @Override
    public AxisTaps columnTaps(int outW) {
        return AxisTaps.bicubic(inW, outW, stepW, alignCorners);
    }
}
