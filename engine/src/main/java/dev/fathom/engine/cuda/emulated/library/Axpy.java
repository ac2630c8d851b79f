package dev.fathom.engine.cuda.emulated.library;

import java.util.stream.IntStream;

/**
 * y[0..n) += sum over p in [0,k) of x[p] m[p][0..n), the one inner loop of all library calls here. The sum of an
 * element runs over ascending p in groups of four, whatever the number of threads, in float32.
 */
final class Axpy {
    /** Multiply-adds below which a call stays on its thread. */
    private static final long PARALLEL = 1 << 22;

    private Axpy() {
    }

    /**
     * @param x k numbers, {@code step} apart from {@code atX} on
     * @param m rows of n numbers, {@code rowStep} apart from {@code atM} on
     */
    static void run(float[] x, int atX, int step, float[] m, int atM, int rowStep, int k, float[] y, int atY, int n) {
        int p = 0;
        for (; p + 4 <= k; p += 4) {
            four(x[atX + p * step], x[atX + (p + 1) * step], x[atX + (p + 2) * step], x[atX + (p + 3) * step],
                m, atM + p * rowStep, rowStep, y, atY, n);
        }
        for (; p < k; p++) {
            one(x[atX + p * step], m, atM + p * rowStep, y, atY, n);
        }
    }

    // Small methods with plain loops: the JIT compiler turns them into vector instructions.
    private static void four(float a, float b, float c, float d, float[] m, int atM, int rowStep, float[] y, int atY,
            int n) {
        int second = atM + rowStep;
        int third = second + rowStep;
        int fourth = third + rowStep;
        for (int i = 0; i < n; i++) {
            y[atY + i] = y[atY + i] + ((a * m[atM + i] + b * m[second + i]) + (c * m[third + i] + d * m[fourth + i]));
        }
    }

    private static void one(float a, float[] m, int atM, float[] y, int atY, int n) {
        for (int i = 0; i < n; i++) {
            y[atY + i] += a * m[atM + i];
        }
    }

    /** A part of a call's work that writes what no other part writes. */
    interface Part {
        void run(int index);
    }

    /** All parts, on several threads if there is enough to do. */
    static void parts(int count, long macs, Part part) {
        if (macs < PARALLEL) {
            for (int i = 0; i < count; i++) {
                part.run(i);
            }
        } else {
            IntStream.range(0, count).parallel().forEach(part::run);
        }
    }
}
