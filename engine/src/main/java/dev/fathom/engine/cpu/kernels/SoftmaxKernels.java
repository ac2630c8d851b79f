package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.Floats.all;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.Softmax;
import dev.fathom.engine.ops.SoftmaxBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Softmax over the last axis and its gradient, row by row. (Attention has a softmax of its own, which never sees a
 * whole row.)
 */
public final class SoftmaxKernels {
    private SoftmaxKernels() {
    }

    public static void register(KernelTable table) {
        table.add(Softmax.class, SoftmaxKernels::forward);
        table.add(SoftmaxBackward.class, SoftmaxKernels::backward);
    }

    private static void forward(Softmax op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment y = out.get(0).segment();
        int n = in.get(0).dim(-1);
        Chunks.run(rows(in.get(0)), Chunks.rows(n), (from, to) -> {
            for (long row = from; row < to; row++) {
                long at = row * n * 4;
                float sum = exponentials(x, y, at, n, max(x, at, n));
                divide(y, at, n, sum);
            }
        });
    }

    /** The largest of a row. NaN is passed over here; the exponentials bring it back. */
    private static float max(MemorySegment x, long at, int n) {
        FloatVector max = all(Float.NEGATIVE_INFINITY);
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            FloatVector v = load(x, at + 4L * i);
            max = max.blend(v, v.compare(VectorOperators.GT, max));
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            FloatVector v = load(x, at + 4L * whole, rest);
            max = max.blend(v, v.compare(VectorOperators.GT, max).and(rest));
        }
        return max.reduceLanes(VectorOperators.MAX);
    }

    /** y = e^(x - max); returns their sum. */
    private static float exponentials(MemorySegment x, MemorySegment y, long at, int n, float max) {
        FloatVector sum = all(0f);
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            FloatVector e = VectorMath.expFlushed(load(x, at + 4L * i).sub(max));
            e.intoMemorySegment(y, at + 4L * i, ORDER);
            sum = sum.add(e);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            FloatVector e = VectorMath.expFlushed(load(x, at + 4L * whole, rest).sub(max));
            e.intoMemorySegment(y, at + 4L * whole, ORDER, rest);
            sum = sum.add(all(0f).blend(e, rest));
        }
        return Floats.sum(sum);
    }

    private static void divide(MemorySegment y, long at, int n, float by) {
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            load(y, at + 4L * i).div(by).intoMemorySegment(y, at + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            load(y, at + 4L * whole, rest).div(by).intoMemorySegment(y, at + 4L * whole, ORDER, rest);
        }
    }

    private static void backward(SoftmaxBackward op, List<Tensor> in, List<Tensor> out) {
        MemorySegment y = in.get(0).segment();
        MemorySegment dy = in.get(1).segment();
        MemorySegment dx = out.get(0).segment();
        int n = in.get(0).dim(-1);
        Chunks.run(rows(in.get(0)), Chunks.rows(n), (from, to) -> {
            for (long row = from; row < to; row++) {
                long at = row * n * 4;
                gradient(y, dy, dx, at, n, dot(y, dy, at, n));
            }
        });
    }

    private static float dot(MemorySegment a, MemorySegment b, long at, int n) {
        FloatVector sum = all(0f);
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            sum = load(a, at + 4L * i).fma(load(b, at + 4L * i), sum);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            sum = load(a, at + 4L * whole, rest).fma(load(b, at + 4L * whole, rest), sum);
        }
        return Floats.sum(sum);
    }

    private static void gradient(MemorySegment y, MemorySegment dy, MemorySegment dx, long at, int n, float dot) {
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            load(dy, at + 4L * i).sub(dot).mul(load(y, at + 4L * i)).intoMemorySegment(dx, at + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            load(dy, at + 4L * whole, rest).sub(dot).mul(load(y, at + 4L * whole, rest))
                    .intoMemorySegment(dx, at + 4L * whole, ORDER, rest);
        }
    }

    private static long rows(Tensor t) {
        return t.dim(-1) == 0 ? 0 : t.numel() / t.dim(-1);
    }
}
