package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.LayerNormEach;
import dev.fathom.engine.ops.LayerNormEachBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * {@link LayerNormKernels}' rows, for several sequences whose first tokens are left out. A row of the work is one token
 * that is kept: of the sequence k, the picture n, in that order.
 */
public final class LayerNormEachKernels {
    private LayerNormEachKernels() {
    }

    public static void register(KernelTable table) {
        table.add(LayerNormEach.class, LayerNormEachKernels::forward);
        table.add(LayerNormEachBackward.class, LayerNormEachKernels::backward);
    }

    private static MemorySegment[] segments(List<Tensor> tensors) {
        return tensors.stream().map(Tensor::segment).toArray(MemorySegment[]::new);
    }

    /**
     * Where the kept tokens are.
     *
     * @param kept  tokens of a sequence that are kept, {@code skip} those before them
     * @param rows  kept tokens of all pictures
     * @param bytes of a token
     */
    private record Places(long kept, int skip, long rows, long bytes) {
        static Places of(Tensor kept, int skip, int channels) {
            return new Places(kept.dim(2), skip, (long) kept.dim(1) * kept.dim(2), 4L * channels);
        }

        /** Byte in y, which has the kept tokens alone. */
        long inKept(long row) {
            return row % rows * bytes;
        }

        /** Byte in x, which has all of them. */
        long inAll(long row) {
            long r = row % rows;
            return (r + (r / kept + 1) * skip) * bytes;
        }
    }

    private static void forward(LayerNormEach op, List<Tensor> in, List<Tensor> out) {
        int count = op.count();
        int channels = in.get(0).dim(0);
        MemorySegment weight = in.get(0).segment();
        MemorySegment bias = in.get(1).segment();
        MemorySegment[] x = segments(in.subList(2, 2 + count));
        MemorySegment[] y = segments(out.subList(0, count));
        Tensor means = out.get(count);
        MemorySegment mean = means.segment();
        MemorySegment rstd = out.get(count + 1).segment();
        Places places = Places.of(means, op.skip(), channels);
        Chunks.run(means.numel(), Chunks.rows(channels), (from, to) -> {
            for (long row = from; row < to; row++) {
                int k = (int) (row / places.rows);
                LayerNormKernels.row(x[k], places.inAll(row), y[k], places.inKept(row), weight, bias, channels,
                        op.eps(), mean, rstd, row * 4);
            }
        });
    }

    private static void backward(LayerNormEachBackward op, List<Tensor> in, List<Tensor> out) {
        int count = op.count();
        int channels = in.get(0).dim(0);
        MemorySegment weight = in.get(0).segment();
        Tensor means = in.get(1);
        MemorySegment mean = means.segment();
        MemorySegment rstd = in.get(2).segment();
        MemorySegment[] x = segments(in.subList(3, 3 + count));
        MemorySegment[] dy = segments(in.subList(3 + count, 3 + 2 * count));
        MemorySegment[] dx = segments(out.subList(2, 2 + count));
        Places places = Places.of(means, op.skip(), channels);
        clearSkipped(dx, in.get(3).dim(0), (places.kept + op.skip()) * places.bytes, op.skip() * places.bytes);
        ColumnSums.run(means.numel(), channels, 2, out.subList(0, 2), (from, to, sums, sumsAt) -> {
            for (long row = from; row < to; row++) {
                int k = (int) (row / places.rows);
                float m = mean.get(Floats.LAYOUT, row * 4);
                float r = rstd.get(Floats.LAYOUT, row * 4);
                LayerNormKernels.addToSums(x[k], places.inAll(row), dy[k], places.inKept(row), sums, sumsAt,
                        sumsAt + 4L * channels, channels, m, r);
                LayerNormKernels.inputGradient(x[k], dx[k], places.inAll(row), dy[k], places.inKept(row), weight,
                        channels, m, r);
            }
        });
    }

    private static void clearSkipped(MemorySegment[] dx, int pictures, long pictureBytes, long skippedBytes) {
        for (MemorySegment one : dx) {
            for (int n = 0; n < pictures; n++) {
                one.asSlice(n * pictureBytes, skippedBytes).fill((byte) 0);
            }
        }
    }
}
