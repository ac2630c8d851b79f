package dev.fathom.tests.conformance;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Tensors with a known pattern around them. A kernel that writes past its output changes the pattern; one that reads
 * past its input and uses what it found gets NaN, because the pattern is one.
 *
 * <p>Not thread-safe; one trial at a time.
 */
final class GuardedMemory {
    /** Four vectors of 512 bits: more than any kernel's unrolled step. */
    private static final long GUARD = 256;
    private static final int PATTERN = 0x7FC5A5A5;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private record Buffer(String name, long start, long bytes) {
    }

    private final MemorySegment memory = Arena.ofAuto().allocate(64L << 20, 64);
    private final List<Buffer> buffers = new ArrayList<>();
    private long top;

    /** Forgets all tensors. */
    void reset() {
        buffers.clear();
        top = 0;
    }

    /**
     * A tensor between guards; its own bytes hold {@code fill}, or the guards' NaN if that is 0.
     *
     * @param shift how many elements behind a multiple of 64 bytes it starts: a range of a larger tensor may start
     * anywhere
     */
    Tensor tensor(String name, TensorSpec spec, int shift, int fill) {
        long start = (top + GUARD + 63) / 64 * 64 + (long) shift * spec.dtype().bytes();
        long end = start + spec.bytes() + GUARD;
        if (end + GUARD > memory.byteSize()) {
            throw new IllegalStateException("a trial needs more than " + memory.byteSize()
                    + " bytes; draw smaller shapes");
        }
        for (long at = top / 4 * 4; at < end; at += 4) {
            memory.set(INT, at, PATTERN);
        }
        if (fill != 0) {
            memory.asSlice(start, spec.bytes()).fill((byte) fill);
        }
        top = (end + 3) / 4 * 4;
        buffers.add(new Buffer(name, start, spec.bytes()));
        return Tensor.wrap(memory.asSlice(start, spec.bytes()), spec);
    }

    /** Fails if any byte between the tensors has changed. */
    void check() {
        long at = 0;
        for (Buffer buffer : buffers) {
            checkPattern(at, buffer.start(), buffer.name(), "before");
            at = buffer.start() + buffer.bytes();
            checkPattern(at, Math.min(at + GUARD, top), buffer.name(), "behind");
        }
    }

    private void checkPattern(long from, long to, String name, String where) {
        for (long at = from; at < to; at++) {
            byte expected = (byte) (PATTERN >>> (at % 4 * 8));
            if (memory.get(ValueLayout.JAVA_BYTE, at) != expected) {
                throw new AssertionError("the kernel wrote " + where + " " + name + ", "
                        + (where.equals("behind") ? at - from : to - at)
                        + " bytes off its edge");
            }
        }
    }
}
