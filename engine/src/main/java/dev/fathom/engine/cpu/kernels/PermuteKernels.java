package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.ops.Permute;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Axes in another order. First axes of extent 1 are dropped and neighbours that stay neighbours are joined; then there
 * are two cases: the last axis stays the last, and runs are copied; or it does not, and tiles of a matrix are
 * transposed.
 */
public final class PermuteKernels {
    /** A tile of a transposition: 64 KiB in, 64 KiB out. */
    private static final int TILE_LINES = 64;
    private static final int TILE_WIDTH = 256;

    private PermuteKernels() {
    }

    public static void register(KernelTable table) {
        table.add(Permute.class, PermuteKernels::permute);
    }

    /** The result's axes after joining: extents, elements of x and of y between two entries of each. */
    private record Axes(int count, int[] extent, long[] inStep, long[] outStep) {
        static Axes of(Permute op, Shape x, Shape y) {
            int[] strides = op.strides(x);
            int[] extent = new int[y.rank()];
            long[] in = new long[y.rank()];
            int n = 0;
            for (int i = 0; i < y.rank(); i++) {
                if (y.dim(i) == 1) {
                    continue;
                }
                if (n > 0 && in[n - 1] == (long) strides[i] * y.dim(i)) {
                    extent[n - 1] *= y.dim(i);
                    in[n - 1] = strides[i];
                } else {
                    extent[n] = y.dim(i);
                    in[n++] = strides[i];
                }
            }
            long[] out = new long[y.rank()];
            long step = 1;
            for (int i = n - 1; i >= 0; i--) {
                out[i] = step;
                step *= extent[i];
            }
            return new Axes(n, extent, in, out);
        }

        /** The axis along which x is contiguous. */
        int innermost() {
            int axis = 0;
            while (inStep[axis] != 1) {
                axis++;
            }
            return axis;
        }

        /** Where combination {@code index} of all axes but {@code a} and {@code b} starts, by these steps. */
        long offset(long index, int a, int b, long[] steps) {
            long offset = 0;
            for (int axis = count - 1; axis >= 0; axis--) {
                if (axis != a && axis != b) {
                    offset += index % extent[axis] * steps[axis];
                    index /= extent[axis];
                }
            }
            return offset;
        }
    }

    private static void permute(Permute op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment y = out.get(0).segment();
        long n = out.get(0).numel();
        Axes axes = Axes.of(op, in.get(0).shape(), out.get(0).shape());
        if (n == 0) {
            return;
        }
        if (axes.count <= 1) {
            Chunks.run(n, (from, to) -> MemorySegment.copy(x, from * 4, y, from * 4, (to - from) * 4));
        } else if (axes.inStep[axes.count - 1] == 1) {
            int last = axes.count - 1;
            long run = axes.extent[last];
            Chunks.run(n / run, Chunks.rows(run), (from, to) -> {
                for (long r = from; r < to; r++) {
                    MemorySegment.copy(x, axes.offset(r, last, last, axes.inStep) * 4, y, r * run * 4, run * 4);
                }
            });
        } else {
            transpose(x, y, n, axes);
        }
    }

    /**
     * Along axis {@code width} x is contiguous, along axis {@code lines} y is; every combination of the others is a
     * matrix.
     */
    private static void transpose(MemorySegment x, MemorySegment y, long n, Axes axes) {
        int width = axes.innermost();
        int lines = axes.count - 1;
        int across = axes.extent[width];
        int down = axes.extent[lines];
        int tilesAcross = (across + TILE_WIDTH - 1) / TILE_WIDTH;
        int tilesDown = (down + TILE_LINES - 1) / TILE_LINES;
        long matrices = n / ((long) across * down);
        // Small matrices come in groups, so that a task is worth a hand-over.
        long group = Chunks.rows((long) Math.min(across, TILE_WIDTH) * Math.min(down, TILE_LINES));
        long tasks = matrices * tilesAcross * tilesDown;
        WorkPool.shared().run(Math.toIntExact((tasks + group - 1) / group), g -> {
            for (long task = g * group; task < Math.min(tasks, (g + 1) * group); task++) {
                int w = (int) (task % tilesAcross) * TILE_WIDTH;
                int l = (int) (task / tilesAcross % tilesDown) * TILE_LINES;
                long matrix = task / tilesAcross / tilesDown;
                long from = axes.offset(matrix, width, lines, axes.inStep) + l * axes.inStep[lines] + w;
                long to = axes.offset(matrix, width, lines, axes.outStep) + w * axes.outStep[width] + l;
                Lines.transpose(x, from * 4, axes.inStep[lines] * 4, y, to * 4, axes.outStep[width] * 4,
                        Math.min(TILE_LINES, down - l), Math.min(TILE_WIDTH, across - w));
            }
        });
    }
}
