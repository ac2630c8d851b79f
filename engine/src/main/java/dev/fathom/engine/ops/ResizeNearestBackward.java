package dev.fathom.engine.ops;

/**
 * dx [N,inH,inW,C] from dy [N,outH,outW,C] of {@link ResizeNearest}: each input pixel sums the output pixels that
 * copied it; zero where none did. {@code torch.ops.aten.upsample_nearest2d_backward}.
 *
 * @param inH rows of the forward's input
 * @param inW columns of the forward's input
 */
public record ResizeNearestBackward(int inH, int inW) implements ResampleBackwardOp {
    @Override
    public String name() {
        return "resize_nearest_backward";
    }

    @Override
    public AxisTaps rowTaps(int outH) {
        return AxisTaps.nearest(inH, outH);
    }

    @Override
    public AxisTaps columnTaps(int outW) {
        return AxisTaps.nearest(inW, outW);
    }
}
