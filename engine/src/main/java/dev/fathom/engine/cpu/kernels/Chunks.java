package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.cpu.WorkPool;
import java.util.Arrays;

/** Splits element-wise work into equal pieces whose bounds depend on the size alone. */
final class Chunks {
    /**
     * Elements a piece: 64 KiB of float32, so that what one kernel writes is still in L2 and a piece is worth a
     * hand-over.
     */
    static final int SIZE = 1 << 14;

    private Chunks() {
    }

    /** A range of elements [from, to). */
    @FunctionalInterface
    interface Body {
        void run(long from, long to);
    }

    /** Runs the body over [0, n) in pieces of {@link #SIZE}, in parallel. */
    static void run(long n, Body body) {
        run(n, SIZE, body);
    }

    /** Runs the body over [0, n) in pieces of {@code size}, in parallel. */
    static void run(long n, long size, Body body) {
        if (n == 0) {
            return;
        }
        if (n <= size) {
            body.run(0, n);
            return;
        }
        int pieces = Math.toIntExact((n + size - 1) / size);
        WorkPool.shared().run(pieces, i -> body.run(i * size, Math.min(n, (i + 1) * size)));
    }

    /** Rows a piece so that a piece has about {@link #SIZE} elements. */
    static long rows(long rowLength) {
        return Math.max(1, SIZE / Math.max(1, rowLength));
    }

    /** A range of elements [from, to) of one of several tensors. */
    @FunctionalInterface
    interface ManyBody {
        void run(int tensor, long from, long to);
    }

    /** Runs the body over all elements of tensors of these sizes, in pieces of {@link #SIZE}, all in one region. */
    static void run(long[] sizes, ManyBody body) {
        int[] first = firstPieces(sizes);
        WorkPool.shared().run(first[sizes.length], piece -> {
            int found = Arrays.binarySearch(first, piece);
            int tensor = found >= 0 ? found : -found - 2;
            while (first[tensor + 1] == first[tensor]) {
                tensor++;
            }
            long from = (long) (piece - first[tensor]) * SIZE;
            body.run(tensor, from, Math.min(sizes[tensor], from + SIZE));
        });
    }

    /** For each of several tensors the number of pieces before its own; last, the number of all. */
    static int[] firstPieces(long[] sizes) {
        int[] first = new int[sizes.length + 1];
        for (int i = 0; i < sizes.length; i++) {
            first[i + 1] = Math.toIntExact(first[i] + (sizes[i] + SIZE - 1) / SIZE);
        }
        return first;
    }
}
