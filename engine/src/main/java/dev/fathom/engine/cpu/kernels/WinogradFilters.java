package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;

import dev.fathom.engine.cpu.WorkPool;
import java.lang.foreign.MemorySegment;

/**
 * The transformed weights U = G g Gᵀ of {@link Winograd}, as the 36 packed matrices that its products read:
 * [place][panel][input channel][COLUMNS output channels].
 *
 * <p>Output channels are in the lanes, so the transform writes packed panels at once. The weights of a gradient by the
 * picture, [k,3,3,outputs] with the window turned, lie that way already; those of a forward convolution, [outputs,3,3,
 * channels], are transposed first: nine matrices instead of 36.
 */
final class WinogradFilters {
    /** Channels whose half-made transform is in the first cache at a time. */
    private static final int LINES = 16;
    private static final int HALF = 18;

    private WinogradFilters() {
    }

    /** Bytes from one place to the next. */
    static long placeBytes(int channels, int outputs) {
        return (long) GemmPlan.ceil(outputs, COLUMNS) * channels * PANEL_STEP;
    }

    /**
     * The caller's panels, valid until its next product.
     *
     * @param weight [outputs,3,3,channels], or [channels,3,3,outputs] if {@code turned}
     */
    static MemorySegment pack(MemorySegment weight, int channels, int outputs, boolean turned) {
        long tap = (long) outputs * Float.BYTES;
        if (turned) {
            return transform(weight, 9 * tap, 8 * tap, -tap, channels, outputs);
        }
        long plane = channels * tap;
        MemorySegment taps = Scratch.buffer(Scratch.Purpose.MATRIX, 9 * plane);
        long line = (long) channels * Float.BYTES;
        int pieces = GemmPlan.ceil(channels, LINES);
        WorkPool.shared().run(pieces, piece -> {
            int first = piece * LINES;
            for (int t = 0; t < 9; t++) {
                Lines.transpose(weight, t * line + (long) first * Float.BYTES, 9 * line, taps, t * plane + first * tap,
                    tap, outputs, Math.min(LINES, channels - first));
            }
        });
        return transform(taps, tap, 0, plane, channels, outputs);
    }

    /**
     * @param lineStep  bytes from one input channel of {@code from} to the next
     * @param firstTap  bytes before the first of the nine weights, {@code tapStep} from one to the next
     */
    private static MemorySegment transform(MemorySegment from, long lineStep, long firstTap, long tapStep,
                                           int channels, int outputs) {
        long place = placeBytes(channels, outputs);
        MemorySegment packed = Scratch.buffer(Scratch.Purpose.PANELS, Winograd.PLACES * place);
        int pieces = GemmPlan.ceil(channels, LINES);
        WorkPool.shared().run(GemmPlan.ceil(outputs, COLUMNS) * pieces, task -> {
            int column = task / pieces * COLUMNS;
            int bytes = Math.min(COLUMNS, outputs - column) * Float.BYTES;
            int first = task % pieces * LINES;
            int lines = Math.min(LINES, channels - first);
            long half = LINES * PANEL_STEP;
            MemorySegment room = Scratch.buffer(Scratch.Purpose.ROWS, HALF * half);
            long middle = Raw.address(room, 0, HALF * half);
            long origin = first * lineStep + (long) column * Float.BYTES;
            // All nine weights of these lines, from the first in memory on.
            long lowest = origin + Math.min(firstTap, firstTap + 8 * tapStep);
            Raw.address(from, lowest, 8 * Math.abs(tapStep) + (lines - 1) * lineStep + bytes);
            long source = from.address() + origin + firstTap;
            long target = Raw.address(packed, ((long) task / pieces * channels + first) * PANEL_STEP,
                (Winograd.PLACES - 1) * place + (lines - 1) * PANEL_STEP + bytes);
            for (int j = 0; j < 3; j++) {
                WinogradLoops.weights(source + j * tapStep, lineStep, 3 * tapStep, lines, bytes,
                    middle + j * half, PANEL_STEP, 3 * half);
            }
            for (int i = 0; i < 6; i++) {
                WinogradLoops.weights(middle + 3 * i * half, PANEL_STEP, half, lines, bytes,
                    target + 6 * i * place, PANEL_STEP, place);
            }
        });
        return packed;
    }
}
