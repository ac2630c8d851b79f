package dev.fathom.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A large piece of memory that {@link HostAllocator} cuts into blocks. Where the system has {@link AddressSpace}, a
 * slab is a long range of addresses of which only a beginning has been used; elsewhere all of it is memory from the
 * start.
 */
final class Slab {
    /** Addresses of a slab that grows: a fine-tuning of the largest model fits into a few. */
    private static final long ADDRESSES = 8L << 30;
    private static final long FIXED = 32L << 20;
    private static final Optional<AddressSpace> SYSTEM = AddressSpace.ofThisSystem();

    final long id;
    final MemorySegment memory;
    private final Arena arena = Arena.ofShared();
    /** The first block: from it all are linked. */
    HostAllocator.Block first;
    private long held;

    /**
     * @param id its place in the order of slabs
     * @param bytes that it must be able to hold
     * @param huge whether to ask for huge pages: not where hardly anything will be written
     * @throws OutOfMemoryError if the system refuses
     */
    Slab(long id, long bytes, boolean huge) {
        this.id = id;
        if (SYSTEM.isPresent()) {
            memory = SYSTEM.get().reserve(Math.max(ADDRESSES, roundUp(bytes, AddressSpace.HUGE)), huge, arena);
        } else {
            held = heldAtFirst(bytes);
            memory = arena.allocate(held, 4096);
        }
    }

    /** Whether a slab takes no memory before it is written. */
    static boolean isLazy() {
        return SYSTEM.isPresent();
    }

    /** What a new slab of at least so many bytes holds before it is used. */
    static long heldAtFirst(long bytes) {
        return SYSTEM.isPresent() ? 0 : bytes >= FIXED / 2 ? bytes : FIXED;
    }

    private static long roundUp(long bytes, long unit) {
        return (bytes + unit - 1) / unit * unit;
    }

    /** Bytes from its beginning on that are memory of this process. */
    long held() {
        return held;
    }

    /** By how much {@link #held} grows when everything before an offset is used. */
    long growthTo(long offset) {
        return Math.max(0, Math.min(roundUp(offset, AddressSpace.HUGE), memory.byteSize()) - held);
    }

    /** Everything before an offset will be used. */
    void grow(long offset) {
        held += growthTo(offset);
    }

    /**
     * Nothing from an offset on is used any more: whole pages of it go back to the system. Returns how many bytes those
     * are.
     */
    long shrink(long offset) {
        long keep = roundUp(offset, AddressSpace.HUGE);
        if (SYSTEM.isEmpty() || keep >= held) {
            return 0;
        }
        long given = held - keep;
        SYSTEM.get().giveBack(memory.asSlice(keep, given));
        held = keep;
        return given;
    }

    /** Gives all of it back. Nothing may use it any more. */
    void close() {
        arena.close();
    }
}
