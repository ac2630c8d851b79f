package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.BroadcastTo;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.PadAxis;
import dev.fathom.engine.ops.Slice;
import dev.fathom.engine.ops.SumTo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/** Copies of ranges, and the pair broadcast / sum-over-broadcast-axes. Limited by memory bandwidth. */
public final class MoveKernels {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

    private MoveKernels() {
    }

    public static void register(KernelTable table) {
        table.add(Slice.class, MoveKernels::slice);
        table.add(PadAxis.class, MoveKernels::padAxis);
        table.add(Concat.class, MoveKernels::concat);
        table.add(BroadcastTo.class, MoveKernels::broadcastTo);
        table.add(SumTo.class, MoveKernels::sumTo);
    }

    private static void slice(Slice op, List<Tensor> in, List<Tensor> out) {
        Shape x = in.get(0).shape();
        long inner = x.product(op.axis() + 1, x.rank()) * 4;
        copyRuns(in.get(0).segment(), op.start() * inner, x.dim(op.axis()) * inner,
                out.get(0).segment(), 0, op.length() * inner, x.product(0, op.axis()), op.length() * inner);
    }

    private static void padAxis(PadAxis op, List<Tensor> in, List<Tensor> out) {
        Shape x = in.get(0).shape();
        Shape y = out.get(0).shape();
        long inner = x.product(op.axis() + 1, x.rank()) * 4;
        MemorySegment d = out.get(0).segment();
        d.fill((byte) 0);
        copyRuns(in.get(0).segment(), 0, x.dim(op.axis()) * inner, d, op.before() * inner, y.dim(op.axis()) * inner,
                x.product(0, op.axis()), x.dim(op.axis()) * inner);
    }

    private static void concat(Concat op, List<Tensor> in, List<Tensor> out) {
        Shape y = out.get(0).shape();
        long inner = y.product(op.axis() + 1, y.rank()) * 4;
        long start = 0;
        for (Tensor x : in) {
            long run = x.dim(op.axis()) * inner;
            copyRuns(x.segment(), 0, run, out.get(0).segment(), start, y.dim(op.axis()) * inner,
                    y.product(0, op.axis()), run);
            start += run;
        }
    }

    /** Copies {@code count} runs of {@code length} bytes with their own strides. */
    private static void copyRuns(MemorySegment from, long fromStart, long fromStride, MemorySegment to, long toStart,
            long toStride,
            long count, long length) {
        Chunks.run(count, Chunks.rows(length / 4), (a, b) -> {
            for (long i = a; i < b; i++) {
                MemorySegment.copy(from, fromStart + i * fromStride, to, toStart + i * toStride, length);
            }
        });
    }

    private static void broadcastTo(BroadcastTo op, List<Tensor> in, List<Tensor> out) {
        Shape from = in.get(0).shape();
        Shape to = op.to();
        MemorySegment x = in.get(0).segment();
        MemorySegment y = out.get(0).segment();
        int[] strides = Binary.broadcastStrides(from, to);
        int split = denseTail(from, to);
        long tail = to.product(split, to.rank());
        long rows = tail == 0 ? 0 : to.numel() / tail;
        Chunks.run(rows, Chunks.rows(tail), (a, b) -> {
            for (long r = a; r < b; r++) {
                MemorySegment.copy(x, source(r, to, split, strides) * 4, y, r * tail * 4, tail * 4);
            }
        });
    }

    /**
     * Sums in a fixed order: every output element adds its terms in the input's order. Each task owns a range of the
     * dense tail, so no two tasks write one element.
     */
    private static void sumTo(SumTo op, List<Tensor> in, List<Tensor> out) {
        Shape to = op.to();
        Shape from = in.get(0).shape();
        MemorySegment x = in.get(0).segment();
        MemorySegment y = out.get(0).segment();
        y.fill((byte) 0);
        int[] strides = Binary.broadcastStrides(to, from);
        int split = denseTail(to, from);
        long tail = from.product(split, from.rank());
        if (tail == 0) {
            return;
        }
        long rows = from.numel() / tail;
        if (tail == to.numel() && tail > 1) {
            ColumnSums.plain(x, rows, Math.toIntExact(tail), out.get(0));
            return;
        }
        if (tail == 1) {
            sumScalars(x, from, strides, y, split, rows);
            return;
        }
        long columns = Math.max(F32.length() * 4L, tail / 16 / F32.length() * F32.length());
        Chunks.run(tail, columns, (a, b) -> {
            for (long r = 0; r < rows; r++) {
                accumulate(x, (r * tail + a) * 4, y, (source(r, from, split, strides) + a) * 4, b - a);
            }
        });
    }

    /** The last axis is summed: runs of it go into double sums. */
    private static void sumScalars(MemorySegment x, Shape from, int[] strides, MemorySegment y, int split, long rows) {
        long run = 1;
        int axis = split;
        while (axis > 0 && strides[axis - 1] == 0) {
            axis--;
            run *= from.dim(axis);
        }
        if (run == 0) {
            return;
        }
        long length = run;
        int outerSplit = axis;
        long outer = rows / run;
        // Outer positions may repeat an output element; then they must add up in order, in one task.
        boolean alone = outer * 4 == y.byteSize();
        double[] sums = alone ? null : new double[Math.toIntExact(y.byteSize() / 4)];
        if (alone) {
            Chunks.run(outer, Chunks.rows(length), (a, b) -> {
                for (long r = a; r < b; r++) {
                    y.set(FLOAT, source(r, from, outerSplit, strides) * 4, (float) sum(x, r * length * 4, length));
                }
            });
            return;
        }
        for (long r = 0; r < outer; r++) {
            sums[Math.toIntExact(source(r, from, outerSplit, strides))] += sum(x, r * length * 4, length);
        }
        for (int i = 0; i < sums.length; i++) {
            y.set(FLOAT, i * 4L, (float) sums[i]);
        }
    }

    private static double sum(MemorySegment x, long at, long n) {
        double total = 0;
        for (long i = 0; i < n; i++) {
            total += x.get(FLOAT, at + i * 4);
        }
        return total;
    }

    private static void accumulate(MemorySegment x, long ix, MemorySegment y, long iy, long n) {
        long bound = n - n % F32.length();
        for (long i = 0; i < bound * 4; i += F32.length() * 4L) {
            FloatVector.fromMemorySegment(F32, y, iy + i, ORDER).add(FloatVector.fromMemorySegment(F32, x, ix + i,
                    ORDER))
                    .intoMemorySegment(y, iy + i, ORDER);
        }
        for (long i = bound * 4; i < n * 4; i += 4) {
            y.set(FLOAT, iy + i, y.get(FLOAT, iy + i) + x.get(FLOAT, ix + i));
        }
    }

    /** The first axis of the longest tail on which the smaller shape is whole. */
    private static int denseTail(Shape small, Shape big) {
        int split = big.rank();
        for (int i = 1; i <= Math.min(small.rank(), big.rank()) && small.dim(-i) == big.dim(-i); i++) {
            split = big.rank() - i;
        }
        return split;
    }

    private static long source(long row, Shape shape, int split, int[] strides) {
        long index = 0;
        for (int axis = split - 1; axis >= 0; axis--) {
            index += row % shape.dim(axis) * strides[axis];
            row /= shape.dim(axis);
        }
        return index;
    }
}
