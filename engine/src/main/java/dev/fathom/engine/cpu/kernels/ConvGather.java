package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.ops.ConvGeometry;
import java.lang.foreign.MemorySegment;

/**
 * The gradient of a convolution by its picture, gathered: every pixel of dx sums the dy of the windows that covered it.
 *
 * <p>Along one axis, pixel y was at place i of window r if y + pad = r stride + i. So the places that count for y are
 * those with i = (y + pad) mod stride, and the pixels of one residue see dy through a window of ceil((k - residue) /
 * stride) taps that moves by one: a convolution with stride 1 and the taps in reverse order. Each pair of residues is
 * one product.
 */
final class ConvGather {

    /**
     * The pixels of one residue along one axis.
     *
     * @param start  the first pixel, {@code count} their number, {@code stride} apart
     * @param taps   width of the window over dy; 0 where the kernel is narrower than the stride
     * @param pad    zeros before dy (negative: rows of dy that nobody sees)
     */
    private record Axis(int start, int count, int residue, int stride, int taps, int pad) {

        static Axis of(int residue, int stride, int padding, int kernel, int extent) {
            int start = Math.floorMod(residue - padding, stride);
            int count = start < extent ? (extent - 1 - start) / stride + 1 : 0;
            int taps = kernel > residue ? (kernel - 1 - residue) / stride + 1 : 0;
            int firstWindow = (start + padding - residue) / stride;
            return new Axis(start, count, residue, stride, taps, taps - 1 - firstWindow);
        }

        /** The place in the kernel that tap {@code t} of the window over dy meets. */
        int place(int t) {
            return residue + stride * (taps - 1 - t);
        }
    }

    private ConvGather() {
    }

    /** @param mask like dx: where it is 0 or less, dx becomes 0; or null */
    static void run(ConvGeometry g, Tensor dy, Tensor weight, MemorySegment mask, Tensor dx) {
        for (int i = 0; i < g.strideH(); i++) {
            Axis rows = Axis.of(i, g.strideH(), g.padH(), weight.dim(1), dx.dim(1));
            for (int j = 0; j < g.strideW(); j++) {
                Axis columns = Axis.of(j, g.strideW(), g.padW(), weight.dim(2), dx.dim(2));
                product(rows, columns, dy, weight, mask, dx);
            }
        }
    }

    private static void product(Axis rows, Axis columns, Tensor dy, Tensor weight, MemorySegment mask, Tensor dx) {
        Patches patches = new Patches(dy.segment(), dy.dim(0), dy.dim(1), dy.dim(2), dy.dim(3), rows.taps, columns.taps,
            1, 1, rows.pad, columns.pad, rows.count, columns.count, false);
        int channels = dx.dim(3);
        long pixelBytes = (long) channels * Float.BYTES;
        boolean whole = rows.stride == 1 && columns.stride == 1;
        MemorySegment target = dx.segment();
        if (whole && Winograd.fits(patches, channels)) {
            Winograd.turned(patches, channels, weight.segment(), mask, target);
            return;
        }
        MemorySegment sums = whole ? target : Scratch.buffer(Scratch.Purpose.MATRIX, patches.pixels() * pixelBytes);
        Gemm.run(patches.asRows(), turned(rows, columns, weight), patches.pixels(), channels, patches.elements(),
            GemmOutput.to(sums, 0, pixelBytes).withMask(whole ? mask : null));
        if (whole) {
            return;
        }
        int height = dx.dim(1);
        int width = dx.dim(2);
        WorkPool.shared().run(dy.dim(0) * rows.count, line -> {
            long y = rows.start + (long) (line % rows.count) * rows.stride;
            long first = ((long) (line / rows.count) * height + y) * width + columns.start;
            Lines.copy(sums, (long) line * columns.count * pixelBytes, pixelBytes,
                target, first * pixelBytes, columns.stride * pixelBytes, columns.count, channels);
        });
    }

    /** B[(a, b, o), i] = weight[o, place of a, place of b, i]. */
    private static GemmOperands.Panels turned(Axis rows, Axis columns, Tensor weight) {
        MemorySegment values = weight.segment();
        int outputs = weight.dim(0);
        int kernelW = weight.dim(2);
        int inputs = weight.dim(3);
        long outputStep = (long) weight.dim(1) * kernelW * inputs * Float.BYTES;
        return (column, width, k, depth, to, offset) -> {
            for (int from = k; from < k + depth; ) {
                int tap = from / outputs;
                int output = from % outputs;
                int run = Math.min(outputs - output, k + depth - from);
                long place = (long) rows.place(tap / columns.taps) * kernelW + columns.place(tap % columns.taps);
                Lines.copy(values, output * outputStep + (place * inputs + column) * Float.BYTES, outputStep,
                    to, offset + (from - k) * GemmTile.PANEL_STEP, GemmTile.PANEL_STEP, run, width);
                from += run;
            }
        };
    }
}
