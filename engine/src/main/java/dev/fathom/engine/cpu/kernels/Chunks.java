package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.cpu.WorkPool;

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
}
