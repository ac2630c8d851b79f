package dev.fathom.tests.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Floats inside a larger buffer whose other bytes are watched: shows writes out of bounds, and reads (the guard is
 * NaN).
 */
final class Guarded {
    private static final int GUARD = 64;
    private static final float MARK = Float.intBitsToFloat(0x7fc0dead);

    private final MemorySegment all;
    private final int count;

    Guarded(Arena arena, int count) {
        this.count = count;
        this.all = arena.allocate((count + 2L * GUARD) * 4, 64);
        for (int i = 0; i < count + 2 * GUARD; i++) {
            all.setAtIndex(ValueLayout.JAVA_FLOAT, i, MARK);
        }
    }

    static Guarded of(Arena arena, float[] values) {
        Guarded guarded = new Guarded(arena, values.length);
        MemorySegment.copy(values, 0, guarded.all, ValueLayout.JAVA_FLOAT, GUARD * 4L, values.length);
        return guarded;
    }

    /** The whole buffer, so that an access out of bounds meets the guard and not an exception. */
    MemorySegment segment() {
        return all;
    }

    /** Byte offset of element 0. */
    long offset() {
        return GUARD * 4L;
    }

    float[] values() {
        float[] values = new float[count];
        MemorySegment.copy(all, ValueLayout.JAVA_FLOAT, GUARD * 4L, values, 0, count);
        return values;
    }

    void assertGuards(String what) {
        for (int i = 0; i < GUARD; i++) {
            assertEquals(0x7fc0dead, bits(i), what + ": written before the buffer, float " + (i - GUARD));
            assertEquals(0x7fc0dead, bits(GUARD + count + i), what + ": written after the buffer, float " + i);
        }
    }

    private int bits(int index) {
        return all.getAtIndex(ValueLayout.JAVA_INT, index);
    }
}
