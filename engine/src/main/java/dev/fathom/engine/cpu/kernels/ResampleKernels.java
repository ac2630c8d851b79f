package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.ops.AxisTaps;
import dev.fathom.engine.ops.ResampleBackwardOp;
import dev.fathom.engine.ops.ResampleOp;
import dev.fathom.engine.ops.ResizeBicubic;
import dev.fathom.engine.ops.ResizeBicubicBackward;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.engine.ops.ResizeBilinearBackward;
import dev.fathom.engine.ops.ResizeNearest;
import dev.fathom.engine.ops.ResizeNearestBackward;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Resizing of [N,H,W,C] in two separable passes that meet in a few rows of cache.
 *
 * <p>Forward, a task makes a band of output rows. Along columns it resizes each input row that the band reads once, into a ring of
 * as many rows as there are taps; then every output row is a weighted sum of whole rows of that ring. When a map is enlarged by
 * s, the column pass runs over 1/s of the output rows, so the cost is the contiguous row pass: two streams read from L2, one written.
 *
 * <p>Backward is the transpose, in the transposed order: an input row's gradient first sums whole rows of dy (all that read it, in
 * ascending order), then pixels along that row. Each task owns a band of rows of dx: nothing is scattered.
 *
 * <p>Bands depend on shapes alone, and a row shared by two bands is computed in both from the same values: same bits for any thread count.
 */
public final class ResampleKernels {
    /** Output rows of a task: enough that the rows two tasks both make are few, few enough to share out a 37-row map. */
    private static final int BAND = 16;

    private static final ThreadLocal<MemorySegment> ROWS = new ThreadLocal<>();

    private ResampleKernels() {
    }

    public static void register(KernelTable table) {
        table.add(ResizeBilinear.class, ResampleKernels::forward);
        table.add(ResizeBicubic.class, ResampleKernels::forward);
        table.add(ResizeNearest.class, ResampleKernels::forward);
        table.add(ResizeBilinearBackward.class, ResampleKernels::backward);
        table.add(ResizeBicubicBackward.class, ResampleKernels::backward);
        table.add(ResizeNearestBackward.class, ResampleKernels::backward);
    }

    private static void forward(ResampleOp op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Tensor y = out.get(0);
        int channels = x.dim(3);
        AxisTaps rows = op.rowTaps(x.dim(1));
        PixelBlend columns = columns(op.columnTaps(x.dim(2)), channels);
        MemorySegment from = x.segment();
        MemorySegment to = y.segment();
        long inRow = (long) x.dim(2) * channels * 4;
        int bands = (op.outH() + BAND - 1) / BAND;
        if (y.numel() == 0) {
            return;
        }
        WorkPool.shared().run(x.dim(0) * bands, task -> {
            int n = task / bands;
            int first = task % bands * BAND;
            band(from, n * x.dim(1) * inRow, inRow, rows, columns, first, Math.min(op.outH(), first + BAND), to,
                    (long) n * op.outH());
        });
    }

    /** Output rows [first, end) of one image whose input starts at byte {@code image} and whose output at row {@code outRow}. */
    private static void band(MemorySegment from, long image, long inRow, AxisTaps rows, PixelBlend columns, int first, int end,
            MemorySegment to, long outRow) {
        int width = rows.width();
        int rowFloats = columns.outputs() * columns.channels();
        long rowBytes = rowFloats * 4L;
        MemorySegment ring = rows(width * rowBytes);
        int[] held = new int[width];
        Arrays.fill(held, -1);
        long[] at = new long[width];
        float[] w = new float[width];
        for (int i = first; i < end; i++) {
            for (int k = 0; k < width; k++) {
                // The taps of one output are neighbours (or the same at a border), so no two of them want one slot.
                int h = rows.index(i, k);
                int slot = h % width;
                at[k] = slot * rowBytes;
                w[k] = (float) rows.weight(i, k);
                if (held[slot] != h) {
                    columns.run(from, image + h * inRow, ring, at[k]);
                    held[slot] = h;
                }
            }
            RowBlend.blend(ring, at, w, width, to, (outRow + i) * rowBytes, rowFloats);
        }
    }

    private static void backward(ResampleBackwardOp op, List<Tensor> in, List<Tensor> out) {
        Tensor dy = in.get(0);
        Tensor dx = out.get(0);
        int channels = dy.dim(3);
        AxisTaps.Readers rows = op.rowTaps(dy.dim(1)).readers();
        AxisTaps.Readers columnReaders = op.columnTaps(dy.dim(2)).readers();
        PixelBlend columns = new PixelBlend(columnReaders.start(), columnReaders.output(), floats(columnReaders.weight()), channels);
        MemorySegment from = dy.segment();
        MemorySegment to = dx.segment();
        int outFloats = dy.dim(2) * channels;
        long dxRow = (long) op.inW() * channels * 4;
        int bands = (op.inH() + BAND - 1) / BAND;
        if (dx.numel() == 0) {
            return;
        }
        WorkPool.shared().run(dx.dim(0) * bands, task -> {
            int n = task / bands;
            int first = task % bands * BAND;
            MemorySegment row = rows(outFloats * 4L);
            for (int h = first; h < Math.min(op.inH(), first + BAND); h++) {
                gatherRows(from, (long) n * dy.dim(1), rows, h, row, outFloats);
                columns.run(row, 0, to, ((long) n * op.inH() + h) * dxRow);
            }
        });
    }

    private static void gatherRows(MemorySegment dy, long image, AxisTaps.Readers rows, int h, MemorySegment row, int floats) {
        int first = rows.start()[h];
        int count = rows.start()[h + 1] - first;
        long[] at = new long[count];
        float[] w = new float[count];
        for (int k = 0; k < count; k++) {
            at[k] = (image + rows.output()[first + k]) * floats * 4L;
            w[k] = (float) rows.weight()[first + k];
        }
        RowBlend.blend(dy, at, w, count, row, 0, floats);
    }

    private static PixelBlend columns(AxisTaps taps, int channels) {
        int n = taps.outputs();
        int[] start = new int[n + 1];
        int[] pixel = new int[n * taps.width()];
        float[] weight = new float[pixel.length];
        for (int j = 0; j < n; j++) {
            start[j + 1] = (j + 1) * taps.width();
            for (int k = 0; k < taps.width(); k++) {
                pixel[start[j] + k] = taps.index(j, k);
                weight[start[j] + k] = (float) taps.weight(j, k);
            }
        }
        return new PixelBlend(start, pixel, weight, channels);
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }

    /** This thread's rows between the passes, at least {@code bytes} long; kept for the next call. */
    private static MemorySegment rows(long bytes) {
        MemorySegment rows = ROWS.get();
        if (rows == null || rows.byteSize() < bytes) {
            rows = Arena.ofAuto().allocate(bytes, 64);
            ROWS.set(rows);
        }
        return rows;
    }
}
