package dev.fathom.engine.ops;

/**
 * dx [N,inH,inW,C] from dy [N,outH,outW,C] of {@link ResizeBilinear}: each input pixel sums the output pixels that read
 * it, in ascending order of columns within ascending order of rows. {@code
 * torch.ops.aten.upsample_bilinear2d_backward}.
 *
 * @param inH rows of the forward's input
 * @param inW columns of the forward's input
 * @param alignCorners as in the forward
 */
public record ResizeBilinearBackward(int inH, int inW, boolean alignCorners) implements ResampleBackwardOp {
    @Override
    public String name() {
        return "resize_bilinear_backward";
    }

    @Override
    public AxisTaps rowTaps(int outH) {
        return AxisTaps.bilinear(inH, outH, alignCorners);
    }

    @Override
    public AxisTaps columnTaps(int outW) {
        return AxisTaps.bilinear(inW, outW, alignCorners);
    }
}
