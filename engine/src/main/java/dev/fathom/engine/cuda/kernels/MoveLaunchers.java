package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.BroadcastTo;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.PadAxis;
import dev.fathom.engine.ops.Permute;
import dev.fathom.engine.ops.Slice;
import java.util.List;

/**
 * Elements in other places: move.cu. Its kernels move units of 16, 4 or 2 bytes; the largest that divides every
 * address, run and distance is chosen here.
 */
public final class MoveLaunchers {
    private static final int BLOCK = 256;
    /** Axes that {@code gather} counts, and bytes of its {@code Axes}. */
    private static final int AXES = 4;
    private static final int AXES_BYTES = 7 * 8 + 4 * 4;
    /** Sources that {@code concat} takes. */
    private static final int PARTS = 4;
    /** Lines and elements of a tile of {@code transpose}, and the least that is worth one. */
    private static final int TILE = 32;
    private static final int LEAST_TILE = 8;
    private static final int MATRICES_BYTES = 9 * 8 + 6 * 4;

    private MoveLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(BroadcastTo.class, MoveLaunchers::broadcastTo);
        table.add(Slice.class, MoveLaunchers::slice);
        table.add(PadAxis.class, MoveLaunchers::padAxis);
        table.add(Concat.class, MoveLaunchers::concat);
        table.add(Permute.class, MoveLaunchers::permute);
    }

    /** The largest unit, in bytes, that divides all of these. */
    private static int unit(int element, long... bytes) {
        long all = 16;
        for (long b : bytes) {
            all |= b;
        }
        long divides = Long.lowestOneBit(all);
        return divides >= 16 ? 16 : divides >= 4 ? 4 : element;
    }

    private static String suffix(int unit) {
        return "_b" + 8 * unit;
    }

    private static void broadcastTo(CudaDevice cuda, BroadcastTo op, List<Tensor> in, List<Tensor> out) {
        Tensor y = out.get(0);
        gather(cuda, in.get(0).address(), y, JoinedAxes.of(y.shape(),
                Binary.broadcastStrides(in.get(0).shape(), y.shape())));
    }

    private static void slice(CudaDevice cuda, Slice op, List<Tensor> in, List<Tensor> out) {
        Shape x = in.get(0).shape();
        Tensor y = out.get(0);
        long start = op.start() * x.product(op.axis() + 1, x.rank());
        gather(cuda, in.get(0).address() + start * y.dtype().bytes(), y, JoinedAxes.of(y.shape(),
                Binary.broadcastStrides(x, x)));
    }

    /** y from x by the steps of one source. */
    private static void gather(CudaDevice cuda, long x, Tensor y, JoinedAxes axes) {
        if (y.numel() == 0) {
            return;
        }
        if (axes.dense(0)) {
            cuda.driver().copyOnDevice(y.address(), x, y.bytes(), cuda.stream());
            return;
        }
        int size = y.dtype().bytes();
        axes.parts(AXES, (part, at) -> gatherPart(cuda, size, part, x + at[0] * size, y.address() + at[1] * size));
    }

    private static void gatherPart(CudaDevice cuda, int size, JoinedAxes axes, long x, long y) {
        int unit = size;
        if (axes.step(0, 0) == 1) {
            unit = unit(size, x, y, (long) axes.extent(0) * size, axes.step(0, 1) * size, axes.step(0, 2) * size,
                    axes.step(0, 3) * size);
        }
        int group = unit / size;
        int last = axes.extent(0) / group;
        int count = Math.toIntExact(axes.numel() / group);
        Struct struct = new Struct(AXES_BYTES).add(FastDivision.by(axes.extent(2))).add(FastDivision.by(axes.extent(1)))
                .add(FastDivision.by(last)).add(axes.step(0, 3) / group).add(axes.step(0, 2) / group)
                .add(axes.step(0, 1) / group).add(axes.step(0, 0)).add(axes.extent(2)).add(axes.extent(1)).add(last)
                .add(count);
        cuda.kernel("move", "gather" + suffix(unit)).gridFor(count, BLOCK).block(BLOCK).arg(x).arg(y)
                .arg(struct.bytes()).launch();
    }

    private static void padAxis(CudaDevice cuda, PadAxis op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Tensor y = out.get(0);
        if (y.numel() == 0) {
            return;
        }
        if (x.numel() == 0) {
            cuda.driver().fill(y.address(), (byte) 0, y.bytes(), cuda.stream());
            return;
        }
        long inner = y.shape().product(op.axis() + 1, y.rank()) * y.dtype().bytes();
        long run = x.dim(op.axis()) * inner;
        long before = op.before() * inner;
        long width = y.dim(op.axis()) * inner;
        int unit = unit(y.dtype().bytes(), x.address(), y.address(), run, before, width);
        rows(y.shape().product(0, op.axis()), width / unit, (from, rows) -> {
            int count = Math.toIntExact(rows * (width / unit));
            cuda.kernel("move", "pad" + suffix(unit)).gridFor(count, BLOCK).block(BLOCK).arg(x.address() + from * run)
                    .arg(y.address() + from * width).arg(count).arg(FastDivision.by(count(width, unit)))
                    .arg(count(width, unit)).arg(count(before, unit)).arg(count(run, unit)).launch();
        });
    }

    /** Up to four tensors a launch; more of them fill their part of the columns launch by launch. */
    private static void concat(CudaDevice cuda, Concat op, List<Tensor> in, List<Tensor> out) {
        Tensor y = out.get(0);
        List<Tensor> parts = in.stream().filter(x -> x.numel() > 0).toList();
        if (parts.size() == 1) {
            cuda.driver().copyOnDevice(y.address(), parts.get(0).address(), y.bytes(), cuda.stream());
            return;
        }
        long inner = y.shape().product(op.axis() + 1, y.rank()) * y.dtype().bytes();
        long width = y.dim(op.axis()) * inner;
        long start = 0;
        for (int i = 0; i < parts.size(); i += PARTS) {
            List<Tensor> some = parts.subList(i, Math.min(i + PARTS, parts.size()));
            concat(cuda, op.axis(), some, inner, y, start, width);
            start += some.stream().mapToLong(x -> x.dim(op.axis()) * inner).sum();
        }
    }

    /** Fills the columns from {@code start} on of y [rows, width], in bytes. */
    private static void concat(CudaDevice cuda, int axis, List<Tensor> parts, long inner, Tensor y, long start,
            long width) {
        long[] x = new long[PARTS];
        long[] run = new long[PARTS];
        long bits = y.address() | start | width;
        long columns = 0;
        for (int k = 0; k < parts.size(); k++) {
            x[k] = parts.get(k).address();
            run[k] = parts.get(k).dim(axis) * inner;
            bits |= x[k] | run[k];
            columns += run[k];
        }
        int unit = unit(y.dtype().bytes(), bits);
        int across = count(columns, unit);
        rows(y.shape().product(0, axis), across, (from, rows) -> {
            int count = Math.toIntExact(rows * across);
            cuda.kernel("move", "concat" + suffix(unit)).gridFor(count, BLOCK).block(BLOCK).arg(x[0] + from * run[0])
                    .arg(x[1] + from * run[1]).arg(x[2] + from * run[2]).arg(x[3] + from * run[3])
                    .arg(y.address() + start + from * width).arg(count).arg(FastDivision.by(across)).arg(across)
                    .arg(count(width, unit)).arg(count(run[0], unit)).arg(count(run[0] + run[1], unit))
                    .arg(count(run[0] + run[1] + run[2], unit)).launch();
        });
    }

    private static int count(long bytes, int unit) {
        return Math.toIntExact(bytes / unit);
    }

    interface Rows {
        void launch(long from, long count);
    }

    /** As many rows a launch as a kernel can count: in almost every case all. */
    static void rows(long rows, long width, Rows launch) {
        long most = Math.max(1, (1 << 30) / width);
        for (long from = 0; from < rows; from += most) {
            launch.launch(from, Math.min(most, rows - from));
        }
    }

    private static void permute(CudaDevice cuda, Permute op, List<Tensor> in, List<Tensor> out) {
        Tensor y = out.get(0);
        JoinedAxes axes = JoinedAxes.of(y.shape(), op.strides(in.get(0).shape()));
        if (y.numel() == 0 || axes.dense(0) || axes.step(0, 0) == 1) {
            gather(cuda, in.get(0).address(), y, axes);
            return;
        }
        int size = y.dtype().bytes();
        axes.parts(AXES, (part, at) -> {
            long x = in.get(0).address() + at[0] * size;
            long to = y.address() + at[1] * size;
            int across = contiguous(part);
            if (across < 0 || part.extents()[across] < LEAST_TILE || part.extent(0) < LEAST_TILE) {
                gatherPart(cuda, size, part, x, to);
            } else {
                transpose(cuda, size, part, across, x, to);
            }
        });
    }

    /** The axis along which x is contiguous; -1 if a part has lost it. */
    private static int contiguous(JoinedAxes axes) {
        int axis = axes.count() - 1;
        while (axis >= 0 && axes.steps()[0][axis] != 1) {
            axis--;
        }
        return axis;
    }

    /** Along axis {@code across} x is contiguous, along the last one y is; the others count matrices. */
    private static void transpose(CudaDevice cuda, int size, JoinedAxes axes, int across, long x, long y) {
        int last = axes.count() - 1;
        int[] extent = {1, 1};
        long[] xStep = {0, 0};
        long[] yStep = {0, 0};
        int n = 2;
        for (int axis = last - 1; axis >= 0; axis--) {
            if (axis != across) {
                n--;
                extent[n] = axes.extents()[axis];
                xStep[n] = axes.steps()[0][axis];
                yStep[n] = axes.product(axis + 1);
            }
        }
        int width = axes.extents()[across];
        int tilesAcross = (width + TILE - 1) / TILE;
        int tilesDown = (axes.extent(0) + TILE - 1) / TILE;
        Struct matrices = new Struct(MATRICES_BYTES).add(FastDivision.by(tilesAcross)).add(FastDivision.by(tilesDown))
                .add(FastDivision.by(extent[1])).add(axes.step(0, 0)).add(xStep[0]).add(xStep[1])
                .add(axes.product(across + 1)).add(yStep[0]).add(yStep[1]).add(tilesAcross).add(tilesDown).add(width)
                .add(axes.extent(0)).add(extent[1]);
        cuda.kernel("move", "transpose" + suffix(size)).grid((long) tilesAcross * tilesDown * extent[0] * extent[1])
                .block(BLOCK).arg(x).arg(y).arg(matrices.bytes()).launch();
    }
}
