package dev.fathom.tests.golden;

/**
 * How an array of PyTorch's layout is laid out in this engine, and back.
 *
 * <p>Pictures are [N,C,H,W] in PyTorch and [N,H,W,C] here; convolution weights [O,I,kh,kw] and [O,kh,kw,I].
 */
public enum Layout {
    /** The same in both. */
    SAME(),
    /** [N,C,H,W] becomes [N,H,W,C]; also [O,I,kh,kw] to [O,kh,kw,I]. */
    CHANNELS_LAST(0, 2, 3, 1),
    /** Transposed convolution: [I,O,kh,kw] becomes [I,kh,kw,O]. */
    TRANSPOSED_WEIGHT(0, 2, 3, 1),
    /** Attention's q, k, v: [N,heads,T,d] becomes [N,T,heads,d], which is [N,T,C]. */
    HEADS_INSIDE(0, 2, 1, 3);

    private final int[] axes;

    /** @param axes for each of our axes, which of PyTorch's it is */
    Layout(int... axes) {
        this.axes = axes;
    }

    /** The shape in this engine. */
    public int[] shapeToOurs(int[] torch) {
        if (axes.length == 0) {
            return torch;
        }
        int[] ours = new int[axes.length];
        for (int i = 0; i < ours.length; i++) {
            ours[i] = torch[axes[i]];
        }
        return ours;
    }

    /** Elements of PyTorch's order in ours. */
    public double[] toOurs(double[] torch, int[] torchShape) {
        return axes.length == 0 ? torch : move(torch, torchShape, false);
    }

    /** Elements of our order in PyTorch's. */
    public double[] toTorch(double[] ours, int[] torchShape) {
        return axes.length == 0 ? ours : move(ours, torchShape, true);
    }

    private double[] move(double[] from, int[] torchShape, boolean back) {
        int[] strides = new int[torchShape.length];
        for (int i = torchShape.length - 1, s = 1; i >= 0; s *= torchShape[i--]) {
            strides[i] = s;
        }
        int[] shape = shapeToOurs(torchShape);
        double[] to = new double[from.length];
        for (int ours = 0; ours < to.length; ours++) {
            int torch = 0;
            for (int axis = shape.length - 1, left = ours; axis >= 0; left /= shape[axis--]) {
                torch += left % shape[axis] * strides[axes[axis]];
            }
            if (back) {
                to[torch] = from[ours];
            } else {
                to[ours] = from[torch];
            }
        }
        return to;
    }
}
