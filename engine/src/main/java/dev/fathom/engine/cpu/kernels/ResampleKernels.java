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
import java.util.function.Consumer;

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

    /** Images [N,H,W,C] as rows of bytes. */
    private record Rows(MemorySegment bytes, int height, long rowBytes) {
        static Rows of(Tensor images) {
            return new Rows(images.segment(), images.dim(1), (long) images.dim(2) * images.dim(3) * 4);
        }

        /** Where a row of image {@code n} starts. */
        long at(long n, int row) {
            return (n * height + row) * rowBytes;
        }
    }

    /** Rows [top, bottom) by pixels [left, right) of image n: what one task makes in one go. */
    private record Tile(int n, int top, int bottom, int left, int right) {
        int width() {
            return right - left;
        }
    }

    /** Runs the body over all tiles of a result; bands of rows are tasks, tiles of a band follow each other. */
    private static void tiles(Tensor result, int band, int tile, Consumer<Tile> body) {
        int height = result.dim(1);
        int width = result.dim(2);
        int bands = (height + band - 1) / band;
        WorkPool.shared().run(result.dim(0) * bands, task -> {
            int top = task % bands * band;
            for (int left = 0; left < width; left += tile) {
                int right = Math.min(width, left + tile);
                body.accept(new Tile(task / bands, top, Math.min(height, top + band), left, right));
            }
        });
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
        Rows from = Rows.of(x);
        Rows to = Rows.of(out.get(0));
        Chunks.run((long) x.dim(0) * op.outH(), Chunks.rows(to.rowBytes / 4), (first, end) -> {
            for (long r = first; r < end; r++) {
                int i = (int) (r % op.outH());
                long n = r / op.outH();
                columns.run(from.bytes, from.at(n, rows.index(i, 0)), (float) rows.weight(i, 0),
                        from.at(n, rows.index(i, 1)), (float) rows.weight(i, 1), to.bytes, to.at(n, i));
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
        Rows from = Rows.of(x);
        Rows to = Rows.of(out.get(0));
        tiles(out.get(0), BAND * Math.max(1, op.outH() / x.dim(1)), columns.tile(TILE / rows.width()),
                tile -> forwardTile(from, to, rows, columns, tile, tile.width() * channels, tile.left * channels * 4L));
    }

    /**
     * @param floats values in a row of the tile
     * @param offset bytes from a row's start to the tile's
     */
    private static void forwardTile(Rows from, Rows to, AxisTaps rows, PixelBlend columns, Tile tile, int floats,
            long offset) {
        int width = rows.width();
        MemorySegment ring = Scratch.buffer(Scratch.Purpose.RESAMPLED, width * floats * 4L);
        int[] held = new int[width];
        Arrays.fill(held, -1);
        long[] at = new long[width];
        float[] w = new float[width];
        for (int i = tile.top; i < tile.bottom; i++) {
            for (int k = 0; k < width; k++) {
                // The taps of one output are neighbours (or the same at a border), so no two of them want one slot.
                int h = rows.index(i, k);
                int slot = h % width;
                at[k] = slot * floats * 4L;
                w[k] = (float) rows.weight(i, k);
                if (held[slot] != h) {
                    columns.run(from.bytes, from.at(tile.n, h), ring, at[k], tile.left, tile.right);
                    held[slot] = h;
                }
            }
            RowBlend.blend(ring, at, w, width, to.bytes, to.at(tile.n, i) + offset, floats);
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
        Rows from = Rows.of(dy);
        Rows to = Rows.of(out.get(0));
        tiles(out.get(0), BAND, columns.tile(TILE / Math.max(1, dy.dim(2) / op.inW())),
                tile -> backwardTile(from, to, rows, columns, tile, channels));
    }

    private static void backwardTile(Rows from, Rows to, AxisTaps.Readers rows, PixelBlend columns, Tile tile,
            int channels) {
        int source = columns.firstSource(tile.left, tile.right);
        int floats = (columns.endSource(tile.left, tile.right) - source) * channels;
        long offset = source * channels * 4L;
        MemorySegment row = Scratch.buffer(Scratch.Purpose.RESAMPLED, floats * 4L);
        for (int h = tile.top; h < tile.bottom; h++) {
            int entry = rows.start()[h];
            int count = rows.start()[h + 1] - entry;
            long[] at = new long[count];
            float[] w = new float[count];
            for (int k = 0; k < count; k++) {
                at[k] = from.at(tile.n, rows.output()[entry + k]) + offset;
                w[k] = (float) rows.weight()[entry + k];
            }
            RowBlend.blend(from.bytes, at, w, count, row, 0, floats);
            columns.run(row, -offset, to.bytes, to.at(tile.n, h) + tile.left * channels * 4L, tile.left, tile.right);
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
