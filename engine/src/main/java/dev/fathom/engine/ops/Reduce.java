package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.errors.ShapeException;
import java.util.Arrays;

/** Sums and means over axes as PyTorch spells them, in terms of {@link SumTo} and {@link Affine}. */
public final class Reduce {
    private Reduce() {
    }

    /** The sum of all elements, []. {@code x.sum()}. */
    public static Tensor sum(Tensor x) {
        return SumTo.of(x, Shape.SCALAR);
    }

    /** The mean of all elements, []; of none it is refused, where PyTorch gives NaN. {@code x.mean()}. */
    public static Tensor mean(Tensor x) {
        return divide(sum(x), x.numel(), x);
    }

    /**
     * The sum over these axes. {@code x.sum(axes, keepdim)}.
     *
     * @param keepDims whether a summed axis stays, with extent 1
     * @param axes negative ones count from the end; each at most once
     */
    public static Tensor sum(Tensor x, boolean keepDims, int... axes) {
        boolean[] summed = new boolean[x.rank()];
        for (int axis : axes) {
            int a = x.shape().axis(axis);
            if (summed[a]) {
                throw new ShapeException("sum: the axes " + Arrays.toString(axes) + " of x" + x.shape() + " name axis "
                        + a + " twice");
            }
            summed[a] = true;
        }
        int[] kept = new int[x.rank()];
        int[] left = new int[x.rank() - axes.length];
        for (int a = 0, l = 0; a < kept.length; a++) {
            kept[a] = summed[a] ? 1 : x.dim(a);
            if (!summed[a]) {
                left[l++] = x.dim(a);
            }
        }
        Tensor sum = SumTo.of(x, Shape.of(kept));
        return keepDims ? sum : sum.reshape(left);
    }

    /** The mean over these axes, as {@link #sum(Tensor, boolean, int...)}. {@code x.mean(axes, keepdim)}. */
    public static Tensor mean(Tensor x, boolean keepDims, int... axes) {
        long count = 1;
        for (int axis : axes) {
            count *= x.dim(axis);
        }
        return divide(sum(x, keepDims, axes), count, x);
    }

    private static Tensor divide(Tensor sum, long count, Tensor x) {
        if (count == 0) {
            throw new ShapeException("mean: x" + x.shape() + " has no elements to take the mean of");
        }
        return Affine.of(sum, 1.0 / count, 0);
    }
}
