package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.KernelLaunch;
import dev.fathom.engine.errors.MissingKernelException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.CastWithSums;
import dev.fathom.engine.ops.LayerScaleBackward;
import dev.fathom.engine.ops.SumTo;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/**
 * Sums over axes: reduce.cu. Neighbouring axes are joined and one of them is summed after the other, the last one
 * first; a long one in pieces, whose sums are summed again. Everything here depends on shapes alone, so the order of a
 * sum does.
 */
public final class SumLaunchers {
    private static final int BLOCK = 256;
    private static final int WARP = 32;
    /** Longest row that a group of at most a warp sums. */
    private static final int SHORT_ROW = 1024;
    /** Elements of a long row that one block sums. */
    private static final int PIECE = 8192;
    /** Rows that a thread of a column sum adds up: no more than this where that already fills a device ... */
    private static final int CHAIN = 32;
    /** ... and at most this many, where there would be more pieces than one further launch can sum well. */
    private static final int LONGEST_CHAIN = 256;
    private static final int PIECES = 512;

    private SumLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(SumTo.class, SumLaunchers::sumTo);
        table.add(LayerScaleBackward.class, SumLaunchers::layerScaleBackward);
        table.add(CastWithSums.class, EnumSet.of(DType.F32), SumLaunchers::castWithSums);
    }

    /** Where numbers are and what they are. */
    private record Numbers(long address, DType dtype) {
        static Numbers of(Tensor t) {
            return new Numbers(t.address(), t.dtype());
        }

        boolean aligned16() {
            return (address & 15) == 0;
        }

        int ofSixteenBytes() {
            return 16 / dtype.bytes();
        }
    }

    private static void sumTo(CudaDevice cuda, SumTo op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Tensor y = out.get(0);
        if (y.numel() == 0) {
            return;
        }
        if (x.numel() == 0) {
            cuda.driver().fill(y.address(), (byte) 0, y.bytes(), cuda.stream());
            return;
        }
        JoinedAxes axes = JoinedAxes.of(x.shape(), Binary.broadcastStrides(op.to(), x.shape()));
        List<Integer> summed = new ArrayList<>();
        for (int axis = axes.count() - 1; axis >= 0; axis--) {
            if (axes.steps()[0][axis] == 0) {
                summed.add(axis);
            }
        }
        if (summed.isEmpty()) {
            CastLaunchers.cast(cuda, x, y);
            return;
        }
        try (MemoryScope scope = MemoryScope.scratch("sums")) {
            Numbers from = Numbers.of(x);
            for (int axis : summed) {
                long outer = before(axes, axis);
                long inner = kept(axes, axis);
                boolean last = axis == summed.getLast();
                Numbers to = last ? Numbers.of(y) : workspace(cuda, outer * inner);
                sum(cuda, from, outer, axes.extents()[axis], inner, to);
                from = to;
            }
        }
    }

    /** Product of all extents before an axis. */
    private static long before(JoinedAxes axes, int axis) {
        return axes.product(0) / axes.product(axis);
    }

    /** Product of the extents after an axis that are not summed: those that are have been by then. */
    private static long kept(JoinedAxes axes, int axis) {
        long product = 1;
        for (int i = axis + 1; i < axes.count(); i++) {
            product *= axes.steps()[0][i] == 0 ? 1 : axes.extents()[i];
        }
        return product;
    }

    private static Numbers workspace(CudaDevice cuda, long count) {
        return new Numbers(cuda.workspace(count * 4).address(), DType.F32);
    }

    /** x [outer, n, inner] -> y [outer, inner]. */
    private static void sum(CudaDevice cuda, Numbers x, long outer, long n, long inner, Numbers y) {
        if (inner > 1) {
            columns(cuda, x, outer, Math.toIntExact(n), Math.toIntExact(inner), y, null);
        } else if (n <= SHORT_ROW) {
            shortRows(cuda, x, Math.toIntExact(outer), (int) n, y);
        } else {
            longRows(cuda, x, outer, n, y);
        }
    }

    private static String kernel(String name, Numbers x, Numbers y) {
        return name + "_" + CudaDevice.suffix(x.dtype) + "_" + CudaDevice.suffix(y.dtype);
    }

    /** The smallest s with 2^s at least n. */
    private static int log2(int n) {
        return 32 - Integer.numberOfLeadingZeros(n - 1);
    }

    private static void shortRows(CudaDevice cuda, Numbers x, int rows, int n, Numbers y) {
        int log2 = log2(Math.min(n, WARP));
        cuda.kernel("reduce", kernel("sum_short_rows", x, y)).gridFor(rows, BLOCK >> log2).block(BLOCK)
                .arg(x.address).arg(y.address).arg(rows).arg(n).arg(log2).launch();
    }

    private static void longRows(CudaDevice cuda, Numbers x, long rows, long n, Numbers y) {
        int pieces = Math.toIntExact((n + PIECE - 1) / PIECE);
        Numbers to = pieces == 1 ? y : workspace(cuda, rows * pieces);
        boolean vector = x.aligned16() && (rows == 1 || n % x.ofSixteenBytes() == 0);
        cuda.kernel("reduce", kernel("sum_long_rows", x, to)).grid(rows * pieces).block(BLOCK)
                .arg(x.address).arg(to.address).arg(n).arg(pieces).arg(PIECE).arg(vector).launch();
        if (pieces > 1) {
            sum(cuda, to, rows, pieces, 1, y);
        }
    }

    /** @param copy receives x in another dtype; or null */
    private static void columns(CudaDevice cuda, Numbers x, long outer, int rows, int columns, Numbers y, Tensor copy) {
        int n = columns % x.ofSixteenBytes() == 0 ? x.ofSixteenBytes() : 1;
        int log2 = log2(Math.min(columns / n, WARP));
        int down = BLOCK >> log2;
        int tiles = (columns / n + (1 << log2) - 1) >> log2;
        int chain = Math.clamp((rows + down * PIECES - 1) / (down * PIECES), CHAIN, LONGEST_CHAIN);
        chain = Math.min(chain, (rows + down - 1) / down);
        int pieces = (rows + down * chain - 1) / (down * chain);
        Numbers to = pieces == 1 ? y : workspace(cuda, outer * pieces * columns);
        String kernel = copy == null ? kernel("sum_columns", x, to) : kernel("cast_with_sums", x, Numbers.of(copy));
        KernelLaunch launch = cuda.kernel("reduce", kernel).grid(outer * pieces * tiles).block(BLOCK).arg(x.address);
        (copy == null ? launch : launch.arg(copy)).arg(to.address).arg(rows).arg(columns).arg(pieces).arg(tiles)
                .arg(log2).arg(chain).arg(n > 1 && x.aligned16() && (copy == null || Numbers.of(copy).aligned16()))
                .launch();
        if (pieces > 1) {
            sum(cuda, to, outer, pieces, columns, y);
        }
    }

    private static void castWithSums(CudaDevice cuda, CastWithSums op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Tensor sums = out.get(1);
        if (op.to() == DType.F32 || op.to() == DType.F64) {
            throw new MissingKernelException(op.name() + ": no cuda kernel to " + op.to().torchName()
                    + "; it rounds float32 to 16 bits");
        }
        if (x.numel() == 0) {
            cuda.driver().fill(sums.address(), (byte) 0, sums.bytes(), cuda.stream());
            return;
        }
        try (MemoryScope scope = MemoryScope.scratch("sums")) {
            columns(cuda, Numbers.of(x), 1, x.dim(0), x.dim(1), Numbers.of(sums), out.get(0));
        }
    }

    private static void layerScaleBackward(CudaDevice cuda, LayerScaleBackward op, List<Tensor> in, List<Tensor> out) {
        Tensor weight = in.get(0);
        int rows = weight.dim(0);
        int n = weight.dim(1);
        if (rows == 0) {
            return;
        }
        boolean vector = n % (16 / weight.dtype().bytes()) == 0 && Numbers.of(weight).aligned16()
                && Numbers.of(in.get(2)).aligned16() && Numbers.of(out.get(0)).aligned16()
                && Numbers.of(out.getLast()).aligned16();
        cuda.kernel("reduce", "layer_scale_backward_" + CudaDevice.suffix(weight.dtype())).grid(rows).block(BLOCK)
                .arg(weight).arg(in.get(1)).arg(in.get(2)).arg(op.bias() ? in.get(3) : null)
                .arg(op.bias() ? in.get(4) : null).arg(out.get(0)).arg(out.get(1)).arg(op.bias() ? out.get(2) : null)
                .arg(op.scaled() ? out.getLast() : null).arg(n).arg(vector).launch();
    }
}
