package dev.fathom.engine.cpu.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Memory by absolute address, for the few innermost loops where a bounds check per access costs a sixth of the speed
 * (measured on the product's register tile: 98 against 116 GFLOP/s).
 *
 * <p>The rule that keeps this safe: an address comes only from {@link #address}, which checks the whole range that the
 * loop will touch, and the loop touches nothing else. Checked once per range instead of once per access, as the
 * dispatcher does once per operation.
 */
final class Raw {
    /** All of memory: an offset in it is an address. A constant, so that the compiler drops its checks. */
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /**
     * And an address with this where a loop computes it: it changes no address, but tells the compiler that the address
     * is neither negative nor near the end of {@link #ALL}. The compiler then drops the access's check altogether.
     * Otherwise it only moves the check before the loop, some twenty instructions for each access, which in a register
     * tile are 150 to 200 cycles before the first multiplication (measured: 4 % of a tile of depth 384, 20 % of one of
     * depth 32).
     */
    static final long REACH = (1L << 62) - 1;

    private Raw() {
    }

    /**
     * The address of {@code segment}'s byte {@code offset}, after a check that {@code bytes} bytes follow it. The
     * caller keeps {@code segment} reachable and open while it uses the address.
     *
     * @throws IndexOutOfBoundsException if the range leaves the segment
     */
    static long address(MemorySegment segment, long offset, long bytes) {
        Objects.checkFromIndexSize(offset, bytes, segment.byteSize());
        return segment.address() + offset;
    }
}
