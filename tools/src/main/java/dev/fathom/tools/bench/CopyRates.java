package dev.fathom.tools.bench;

import dev.fathom.engine.cpu.WorkPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How fast bytes move, by how many there are: copies by all threads of the pool, each of a part of its own. A copy of a
 * few hundred kilobytes stays in the caches and one of 256 MiB does not, so an operation is compared with the copy that
 * moves as many bytes as it does.
 *
 * @param bytes moved, read and written together, ascending
 * @param perSecond bytes a second, one for each
 */
record CopyRates(long[] bytes, double[] perSecond) {
    private static final long SMALLEST = 256 << 10;
    private static final int SIZES = 6;
    /** Each thread copies pieces; so many more than threads that all end at about the same time. */
    private static final int PIECES = 4;

    /** Measures copies of 256 KiB to 256 MiB. */
    static CopyRates measure(int runs) {
        long[] bytes = new long[SIZES];
        double[] rates = new double[SIZES];
        for (int i = 0; i < SIZES; i++) {
            bytes[i] = SMALLEST << 2 * i;
            rates[i] = measure(runs, bytes[i]);
        }
        return new CopyRates(bytes, rates);
    }

    /** Bytes a second of a copy that moves so many. */
    private static double measure(int runs, long moved) {
        long half = moved / 2;
        WorkPool pool = WorkPool.shared();
        int pieces = PIECES * pool.threads();
        try (Arena arena = Arena.ofShared()) {
            MemorySegment from = arena.allocate(half, 64).fill((byte) 1);
            MemorySegment to = arena.allocate(half, 64).fill((byte) 2);
            return moved / MachineRates.most(runs, 0.02, () -> pool.run(pieces, i -> {
                long start = half * i / pieces;
                MemorySegment.copy(from, start, to, start, half * (i + 1) / pieces - start);
            }));
        }
    }

    /** The largest copy measured again. */
    double again(int runs) {
        return measure(runs, bytes[SIZES - 1]);
    }

    /** Bytes a second of the largest copy: those of the memory. */
    double memory() {
        return perSecond[SIZES - 1];
    }

    /** Bytes a second of the copy that moves so many: between two that were measured, by the logarithm of the size. */
    double at(long moved) {
        if (moved <= bytes[0]) {
            return perSecond[0];
        }
        for (int i = 1; i < SIZES; i++) {
            if (moved <= bytes[i]) {
                double part = Math.log((double) moved / bytes[i - 1]) / Math.log((double) bytes[i] / bytes[i - 1]);
                return perSecond[i - 1] + part * (perSecond[i] - perSecond[i - 1]);
            }
        }
        return memory();
    }

    Map<String, Object> json() {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < SIZES; i++) {
            map.put(Long.toString(bytes[i]), perSecond[i]);
        }
        return map;
    }
}
