package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.cpu.Lanes;
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
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Resizing of [N,H,W,C]: bilinear with many channels by {@link BilinearRows}, all else in two separable passes that
 * meet in a few rows of cache.
 *
 * <p>Forward, a task makes a band of output rows. Along columns it resizes each input row that the band reads once,
 * into a ring of as many rows as there are taps; then every output row is a weighted sum of whole rows of that ring.
 * When a map is enlarged by s, the column pass runs over 1/s of the output rows, so the cost is the contiguous row
 * pass: two streams read from L2, one written.
 *
 * <p>Backward is the transpose, in the transposed order: an input row's gradient first sums whole rows of dy (all that
 * read it, in ascending order), then pixels along that row. Each task owns a band of rows of dx: nothing is scattered.
 *
 * <p>Bands depend on shapes alone, and a row shared by two bands is computed in both from the same values: same bits
 * for any thread count.
 */
public final class ResampleKernels {
    /**
     * Rows of the smaller map that a task takes: enough that the rows two tasks both make are few, few enough to share
     * out 37.
     */
    private static final int BAND = 16;

    /** Floats between the passes: 16 KiB, half of a first-level cache. */
    private static final int TILE = 4096;

    private ResampleKernels() {
    }

    public static void register(KernelTable table) {
        table.add(ResizeBilinear.class, ResampleKernels::bilinear);
        table.add(ResizeBicubic.class, ResampleKernels::forward);
        table.add(ResizeNearest.class, ResampleKernels::forward);
        table.add(ResizeBilinearBackward.class, ResampleKernels::backward);
        table.add(ResizeBicubicBackward.class, ResampleKernels::backward);
        table.add(ResizeNearestBackward.class, ResampleKernels::backward);
    }

    private static void bilinear(ResizeBilinear op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        int channels = x.dim(3);
        if (channels < Lanes.FLOATS) {
            forward(op, in, out);
            return;
        }
        AxisTaps rows = op.rowTaps(x.dim(1));
        BilinearRows columns = new BilinearRows(op.columnTaps(x.dim(2)), channels);
        MemorySegment from = x.segment();
        MemorySegment to = out.get(0).segment();
        long inRow = (long) x.dim(2) * channels * 4;
        long outRow = (long) op.outW() * channels * 4;
        Chunks.run((long) x.dim(0) * op.outH(), Chunks.rows(outRow / 4), (first, end) -> {
            for (long r = first; r < end; r++) {
                int i = (int) (r % op.outH());
                long image = r / op.outH() * x.dim(1);
                columns.run(from, (image + rows.index(i, 0)) * inRow, (float) rows.weight(i, 0),
                        (image + rows.index(i, 1)) * inRow, (float) rows.weight(i, 1), to, r * outRow);
            }
        });
    }

    private static void forward(ResampleOp op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        int channels = x.dim(3);
        if (out.get(0).numel() == 0) {
            return;
        }
        AxisTaps rows = op.rowTaps(x.dim(1));
        PixelBlend columns = columns(op.columnTaps(x.dim(2)), channels);
        MemorySegment from = x.segment();
        MemorySegment to = out.get(0).segment();
        long inRow = (long) x.dim(2) * channels * 4;
        long outRow = (long) op.outW() * channels * 4;
        int band = BAND * Math.max(1, op.outH() / x.dim(1));
        int bands = (op.outH() + band - 1) / band;
        int tile = columns.tile(TILE / rows.width());
        WorkPool.shared().run(x.dim(0) * bands, task -> {
            int n = task / bands;
            int first = task % bands * band;
            int end = Math.min(op.outH(), first + band);
            for (int left = 0; left < op.outW(); left += tile) {
                int right = Math.min(op.outW(), left + tile);
                forwardTile(from, n * x.dim(1) * inRow, inRow, rows, columns, first, end, left, right, to,
                        n * op.outH() * outRow + left * channels * 4L, outRow, channels);
            }
        });
    }

    /** Output rows [first, end) by pixels [left, right) of the image that begins at byte {@code image}. */
    private static void forwardTile(MemorySegment from, long image, long inRow, AxisTaps rows, PixelBlend columns,
            int first, int end, int left, int right, MemorySegment to, long outImage, long outRow, int channels) {
        int width = rows.width();
        int floats = (right - left) * channels;
        MemorySegment ring = Scratch.buffer(Scratch.Purpose.RESAMPLED, width * floats * 4L);
        int[] held = new int[width];
        Arrays.fill(held, -1);
        long[] at = new long[width];
        float[] w = new float[width];
        for (int i = first; i < end; i++) {
            for (int k = 0; k < width; k++) {
                // The taps of one output are neighbours (or the same at a border), so no two of them want one slot.
                int h = rows.index(i, k);
                int slot = h % width;
                at[k] = slot * floats * 4L;
                w[k] = (float) rows.weight(i, k);
                if (held[slot] != h) {
                    columns.run(from, image + h * inRow, ring, at[k], left, right);
                    held[slot] = h;
                }
            }
            RowBlend.blend(ring, at, w, width, to, outImage + i * outRow, floats);
        }
    }

    private static void backward(ResampleBackwardOp op, List<Tensor> in, List<Tensor> out) {
        Tensor dy = in.get(0);
        int channels = dy.dim(3);
        if (out.get(0).numel() == 0) {
            return;
        }
        AxisTaps.Readers rows = op.rowTaps(dy.dim(1)).readers();
        AxisTaps.Readers readers = op.columnTaps(dy.dim(2)).readers();
        PixelBlend columns = new PixelBlend(readers.start(), readers.output(), readers.weight(), dy.dim(2), channels);
        MemorySegment from = dy.segment();
        MemorySegment to = out.get(0).segment();
        long dyRow = (long) dy.dim(2) * channels * 4;
        long dxRow = (long) op.inW() * channels * 4;
        int bands = (op.inH() + BAND - 1) / BAND;
        int tile = columns.tile(TILE / Math.max(1, dy.dim(2) / op.inW()));
        WorkPool.shared().run(dy.dim(0) * bands, task -> {
            int n = task / bands;
            int first = task % bands * BAND;
            int end = Math.min(op.inH(), first + BAND);
            for (int left = 0; left < op.inW(); left += tile) {
                int right = Math.min(op.inW(), left + tile);
                backwardTile(from, n * dy.dim(1) * dyRow, dyRow, rows, columns, first, end, left, right, to,
                        n * op.inH() * dxRow + left * channels * 4L, dxRow, channels);
            }
        });
    }

    /** Rows [first, end) by pixels [left, right) of dx, from the image of dy that begins at byte {@code image}. */
    private static void backwardTile(MemorySegment dy, long image, long dyRow, AxisTaps.Readers rows,
            PixelBlend columns, int first,
            int end, int left, int right, MemorySegment dx, long outImage, long dxRow, int channels) {
        int source = columns.firstSource(left, right);
        int floats = (columns.endSource(left, right) - source) * channels;
        MemorySegment row = Scratch.buffer(Scratch.Purpose.RESAMPLED, floats * 4L);
        for (int h = first; h < end; h++) {
            int entry = rows.start()[h];
            int count = rows.start()[h + 1] - entry;
            long[] at = new long[count];
            float[] w = new float[count];
            for (int k = 0; k < count; k++) {
                at[k] = image + rows.output()[entry + k] * dyRow + source * channels * 4L;
                w[k] = (float) rows.weight()[entry + k];
            }
            RowBlend.blend(dy, at, w, count, row, 0, floats);
            columns.run(row, -source * channels * 4L, dx, outImage + h * dxRow, left, right);
        }
    }

    private static PixelBlend columns(AxisTaps taps, int channels) {
        int n = taps.outputs();
        int[] start = new int[n + 1];
        int[] pixel = new int[n * taps.width()];
        double[] weight = new double[pixel.length];
        for (int j = 0; j < n; j++) {
            start[j + 1] = (j + 1) * taps.width();
            for (int k = 0; k < taps.width(); k++) {
                pixel[start[j] + k] = taps.index(j, k);
                weight[start[j] + k] = taps.weight(j, k);
            }
        }
        return new PixelBlend(start, pixel, weight, taps.inputs(), channels);
    }
}
