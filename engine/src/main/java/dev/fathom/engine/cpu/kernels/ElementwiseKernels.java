package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Arithmetic of two tensors, and of one tensor and numbers. Limited by memory bandwidth: each value is read once and
 * written once.
 *
 * <p>Broadcasting is reduced to three runs that vectorise, over the longest tail of axes on which both sides are whole
 * or both broadcast: whole with whole, whole with one value, one value with whole.
 */
public final class ElementwiseKernels {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

    private ElementwiseKernels() {
    }

    public static void register(KernelTable table) {
        table.add(Binary.class, ElementwiseKernels::binary);
        table.add(Affine.class, ElementwiseKernels::affine);
        table.add(AddInPlace.class, ElementwiseKernels::addInPlace);
    }

    private static void binary(Binary op, List<Tensor> in, List<Tensor> out) {
        Tensor y = out.get(0);
        MemorySegment a = in.get(0).segment();
        MemorySegment b = in.get(1).segment();
        MemorySegment d = y.segment();
        Binary.Kind kind = op.kind();
        Shape sa = in.get(0).shape();
        Shape sb = in.get(1).shape();
        if (sa.equals(sb)) {
            Chunks.run(y.numel(), (from, to) -> run(kind, a, from, b, from, d, from, to - from));
            return;
        }
        int split = commonTail(y.shape(), sa, sb);
        long tail = y.shape().product(split, y.rank());
        long rows = tail == 0 ? 0 : y.numel() / tail;
        int[] strideA = Binary.broadcastStrides(sa, y.shape());
        int[] strideB = Binary.broadcastStrides(sb, y.shape());
        boolean oneA = tail > 1 && isBroadcast(strideA, y.shape(), split);
        boolean oneB = tail > 1 && isBroadcast(strideB, y.shape(), split);
        Chunks.run(rows, Chunks.rows(tail), (from, to) -> {
            for (long r = from; r < to; r++) {
                long ia = offset(r, y.shape(), split, strideA);
                long ib = offset(r, y.shape(), split, strideB);
                if (oneA) {
                    runLeft(kind, a.get(FLOAT, ia * 4), b, ib, d, r * tail, tail);
                } else if (oneB) {
                    runRight(kind, a, ia, b.get(FLOAT, ib * 4), d, r * tail, tail);
                } else {
                    run(kind, a, ia, b, ib, d, r * tail, tail);
                }
            }
        });
    }

    /** The first axis of the longest tail on which each side is either whole or wholly broadcast. */
    private static int commonTail(Shape y, Shape a, Shape b) {
        int split = y.rank();
        int state = -1;
        for (int i = 1; i <= y.rank(); i++) {
            int n = y.dim(-i);
            int s = (i <= a.rank() && a.dim(-i) == n ? 1 : 0) + (i <= b.rank() && b.dim(-i) == n ? 2 : 0);
            if (n != 1) {
                if (state >= 0 && s != state) {
                    break;
                }
                state = s;
            }
            split = y.rank() - i;
        }
        return split;
    }

    private static boolean isBroadcast(int[] strides, Shape y, int split) {
        for (int axis = split; axis < y.rank(); axis++) {
            if (y.dim(axis) != 1) {
                return strides[axis] == 0;
            }
        }
        return false;
    }

    private static long offset(long row, Shape y, int split, int[] strides) {
        long index = 0;
        for (int axis = split - 1; axis >= 0; axis--) {
            index += row % y.dim(axis) * strides[axis];
            row /= y.dim(axis);
        }
        return index;
    }

    private static void run(Binary.Kind kind, MemorySegment a, long ia, MemorySegment b, long ib, MemorySegment d,
            long id, long n) {
        switch (kind) {
            case ADD -> add(a, ia * 4, b, ib * 4, d, id * 4, n);
            case SUB -> sub(a, ia * 4, b, ib * 4, d, id * 4, n);
            case MUL -> mul(a, ia * 4, b, ib * 4, d, id * 4, n);
            case DIV -> div(a, ia * 4, b, ib * 4, d, id * 4, n);
        }
    }

    /** d = a (kind) value */
    private static void runRight(Binary.Kind kind, MemorySegment a, long ia, float value, MemorySegment d, long id,
            long n) {
        switch (kind) {
            case ADD -> axpb(a, ia * 4, 1, value, d, id * 4, n);
            case SUB -> axpb(a, ia * 4, 1, -value, d, id * 4, n);
            case MUL -> scale(a, ia * 4, value, d, id * 4, n);
            case DIV -> divideBy(a, ia * 4, value, d, id * 4, n);
        }
    }

    /** d = value (kind) b */
    private static void runLeft(Binary.Kind kind, float value, MemorySegment b, long ib, MemorySegment d, long id,
            long n) {
        switch (kind) {
            case ADD -> axpb(b, ib * 4, 1, value, d, id * 4, n);
            case SUB -> axpb(b, ib * 4, -1, value, d, id * 4, n);
            case MUL -> scale(b, ib * 4, value, d, id * 4, n);
            case DIV -> divideInto(value, b, ib * 4, d, id * 4, n);
        }
    }

    static void add(MemorySegment a, long ia, MemorySegment b, long ib, MemorySegment d, long id, long n) {
        long bound = n - n % F32.length();
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.fromMemorySegment(F32, a, ia + i, ORDER).add(FloatVector.fromMemorySegment(F32, b, ib + i,
                    ORDER))
                    .intoMemorySegment(d, id + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            d.set(FLOAT, id + i, a.get(FLOAT, ia + i) + b.get(FLOAT, ib + i));
        }
    }

    private static void sub(MemorySegment a, long ia, MemorySegment b, long ib, MemorySegment d, long id, long n) {
        long bound = n - n % F32.length();
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.fromMemorySegment(F32, a, ia + i, ORDER).sub(FloatVector.fromMemorySegment(F32, b, ib + i,
                    ORDER))
                    .intoMemorySegment(d, id + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            d.set(FLOAT, id + i, a.get(FLOAT, ia + i) - b.get(FLOAT, ib + i));
        }
    }

    private static void mul(MemorySegment a, long ia, MemorySegment b, long ib, MemorySegment d, long id, long n) {
        long bound = n - n % F32.length();
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.fromMemorySegment(F32, a, ia + i, ORDER).mul(FloatVector.fromMemorySegment(F32, b, ib + i,
                    ORDER))
                    .intoMemorySegment(d, id + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            d.set(FLOAT, id + i, a.get(FLOAT, ia + i) * b.get(FLOAT, ib + i));
        }
    }

    private static void div(MemorySegment a, long ia, MemorySegment b, long ib, MemorySegment d, long id, long n) {
        long bound = n - n % F32.length();
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.fromMemorySegment(F32, a, ia + i, ORDER).div(FloatVector.fromMemorySegment(F32, b, ib + i,
                    ORDER))
                    .intoMemorySegment(d, id + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            d.set(FLOAT, id + i, a.get(FLOAT, ia + i) / b.get(FLOAT, ib + i));
        }
    }

    /** d = sign * a + value, with sign 1 or -1: one rounding. */
    private static void axpb(MemorySegment a, long ia, float sign, float value, MemorySegment d, long id, long n) {
        long bound = n - n % F32.length();
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.fromMemorySegment(F32, a, ia + i, ORDER).mul(sign).add(value)
                    .intoMemorySegment(d, id + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            d.set(FLOAT, id + i, a.get(FLOAT, ia + i) * sign + value);
        }
    }

    static void scale(MemorySegment a, long ia, float value, MemorySegment d, long id, long n) {
        long bound = n - n % F32.length();
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.fromMemorySegment(F32, a, ia + i, ORDER).mul(value).intoMemorySegment(d, id + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            d.set(FLOAT, id + i, a.get(FLOAT, ia + i) * value);
        }
    }

    private static void divideBy(MemorySegment a, long ia, float value, MemorySegment d, long id, long n) {
        long bound = n - n % F32.length();
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.fromMemorySegment(F32, a, ia + i, ORDER).div(value).intoMemorySegment(d, id + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            d.set(FLOAT, id + i, a.get(FLOAT, ia + i) / value);
        }
    }

    private static void divideInto(float value, MemorySegment b, long ib, MemorySegment d, long id, long n) {
        long bound = n - n % F32.length();
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.broadcast(F32, value).div(FloatVector.fromMemorySegment(F32, b, ib + i, ORDER))
                    .intoMemorySegment(d, id + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            d.set(FLOAT, id + i, value / b.get(FLOAT, ib + i));
        }
    }

    private static void affine(Affine op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment y = out.get(0).segment();
        float scale = (float) op.scale();
        float shift = (float) op.shift();
        Chunks.run(out.get(0).numel(), (from, to) -> {
            if (shift == 0) {
                scale(x, from * 4, scale, y, from * 4, to - from);
            } else {
                fma(x, from * 4, scale, shift, y, from * 4, to - from);
            }
        });
    }

    private static void fma(MemorySegment a, long ia, float scale, float shift, MemorySegment d, long id, long n) {
        long bound = n - n % F32.length();
        FloatVector s = FloatVector.broadcast(F32, scale);
        FloatVector t = FloatVector.broadcast(F32, shift);
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.fromMemorySegment(F32, a, ia + i, ORDER).fma(s, t).intoMemorySegment(d, id + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            d.set(FLOAT, id + i, Math.fma(a.get(FLOAT, ia + i), scale, shift));
        }
    }

    private static void addInPlace(AddInPlace op, List<Tensor> in, List<Tensor> out) {
        MemorySegment acc = in.get(0).segment();
        MemorySegment x = in.get(1).segment();
        Chunks.run(in.get(0).numel(), (from, to) -> add(acc, from * 4, x, from * 4, acc, from * 4, to - from));
    }
}
