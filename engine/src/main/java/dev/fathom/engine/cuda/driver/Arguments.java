package dev.fathom.engine.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The arguments of one launch in off-heap memory, laid out as PTX lays out {@code .param}: each at a multiple of its
 * size, in order. Beside them the array of their addresses that {@code cuLaunchKernel} wants. One block is reused for
 * all launches of a thread: a launch copies it.
 */
public final class Arguments {
    /** The limit of the hardware for kernels before CUDA 12.1, and of this block. */
    public static final int MAX_BYTES = 4096;

    private static final int MAX_COUNT = 256;

    private final MemorySegment values = Arena.ofAuto().allocate(MAX_BYTES, 64);
    private final MemorySegment pointers = Arena.ofAuto().allocate(MAX_COUNT * 8L, 64);
    private int bytes;
    private int count;

    /** Starts again with no arguments. */
    public Arguments clear() {
        bytes = 0;
        count = 0;
        return this;
    }

    /** A pointer or a 64-bit integer. */
    public Arguments add(long value) {
        values.set(ValueLayout.JAVA_LONG, place(8), value);
        return this;
    }

    public Arguments add(int value) {
        values.set(ValueLayout.JAVA_INT, place(4), value);
        return this;
    }

    public Arguments add(float value) {
        values.set(ValueLayout.JAVA_FLOAT, place(4), value);
        return this;
    }

    /** A struct passed by value: a multiple of 8 bytes, aligned to 8. */
    public Arguments add(MemorySegment struct) {
        int size = Math.toIntExact(struct.byteSize());
        if (size % 8 != 0) {
            throw new IllegalArgumentException("a struct argument has a multiple of 8 bytes, got " + size);
        }
        MemorySegment.copy(struct, 0, values, place(8, size), size);
        return this;
    }

    private long place(int size) {
        return place(size, size);
    }

    private long place(int alignment, int size) {
        int at = (bytes + alignment - 1) / alignment * alignment;
        if (at + size > MAX_BYTES || count == MAX_COUNT) {
            throw new IllegalArgumentException("the arguments of one launch take at most " + MAX_BYTES + " bytes");
        }
        pointers.setAtIndex(ValueLayout.JAVA_LONG, count++, values.address() + at);
        bytes = at + size;
        return at;
    }

    /** All values, as one packed block. */
    public MemorySegment values() {
        return values.asSlice(0, bytes);
    }

    /** Address of the array of argument addresses: {@code kernelParams} of {@code cuLaunchKernel}. */
    public long pointers() {
        return pointers.address();
    }

    /** How many bytes the block takes. */
    public int bytes() {
        return bytes;
    }

    public int count() {
        return count;
    }

    /** Offset of argument {@code i} in the block. */
    public int offset(int i) {
        return (int) (pointers.getAtIndex(ValueLayout.JAVA_LONG, i) - values.address());
    }
}
