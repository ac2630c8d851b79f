package dev.fathom.engine.cuda.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A C struct being filled, field after field, as a kernel takes it by value: each field at a multiple of its size. */
final class Struct {
    private final MemorySegment bytes;
    private long at;

    /** Room for this many bytes, a multiple of 8; what is not filled is 0. */
    Struct(int size) {
        bytes = MemorySegment.ofArray(new long[size / 8]);
    }

    Struct add(long value) {
        at = (at + 7) / 8 * 8;
        bytes.set(ValueLayout.JAVA_LONG_UNALIGNED, at, value);
        at += 8;
        return this;
    }

    Struct add(int value) {
        bytes.set(ValueLayout.JAVA_INT_UNALIGNED, at, value);
        at += 4;
        return this;
    }

    Struct add(float value) {
        return add(Float.floatToRawIntBits(value));
    }

    MemorySegment bytes() {
        return bytes;
    }
}
