package dev.fathom.engine.memory;

import dev.fathom.engine.errors.FathomException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;

/**
 * A caching allocator of host memory: blocks are cut from a few large, long-lived slabs by best fit, joined with their
 * free neighbours when they come back, and handed out again without asking the operating system. What has never been
 * used lies at a slab's end, is its largest free block and so the last to be cut; it takes no memory until then.
 *
 * <p>Why not one {@link Arena} a tensor: closing a shared arena costs a handshake with every thread, and fresh pages
 * cost a page fault each. A training step has the same sizes every time, so after the first one no page is new.
 *
 * <p>Blocks start at multiples of 64 bytes (a cache line, and the widest vector). Their contents are whatever was
 * there. Thread-safe.
 */
public final class HostAllocator {
    /** Alignment of every block in bytes. */
    public static final long ALIGNMENT = 64;

    /** Every machine has as much, and need not be asked. */
    private static final long CERTAIN = 1L << 30;
    private static final HostAllocator SHARED = new HostAllocator(false);

    /** A piece of a slab, in use or free. Neighbours are linked so that free ones can be joined. */
    final class Block implements Comparable<Block>, Allocation {
        final Slab slab;
        final long offset;
        long size;
        /** How many bytes were asked for; the block may be larger. */
        long used;
        boolean free;
        Block previous;
        Block next;

        Block(Slab slab, long offset, long size) {
            this.slab = slab;
            this.offset = offset;
            this.size = size;
        }

        @Override
        public MemorySegment segment() {
            return slab.memory.asSlice(offset, used);
        }

        @Override
        public long address() {
            return slab.memory.address() + offset;
        }

        @Override
        public void release() {
            HostAllocator.this.release(this);
        }

        /**
         * By size, then by place: the best fit is the first block not smaller, and the choice is the same every run.
         */
        @Override
        public int compareTo(Block o) {
            int c = Long.compare(size, o.size);
            c = c != 0 ? c : Long.compare(slabId(), o.slabId());
            return c != 0 ? c : Long.compare(offset, o.offset);
        }

        /** A search key has no slab and sorts before every real block of its size. */
        private long slabId() {
            return slab == null ? -1 : slab.id;
        }
    }

    /** Memory of this machine, or container; asked for when it matters, because the answer takes a while to load. */
    private static final class Machine {
        static final long BYTES = ((com.sun.management.OperatingSystemMXBean) ManagementFactory
                .getOperatingSystemMXBean()).getTotalMemorySize();
    }

    private final TreeSet<Block> free = new TreeSet<>();
    private final List<Slab> slabs = new ArrayList<>();
    private long nextSlab;
    private long live;
    private long peak;
    private long reserved;
    private long allocations;
    private long limit = Long.MAX_VALUE;

    /** Of {@link #pretending}. */
    private final boolean pretends;

    private HostAllocator(boolean pretends) {
        this.pretends = pretends;
    }

    /**
     * An allocator of its own for finding out how much memory a computation would take: blocks are cut as in {@link
     * #shared}, but nobody writes to them, so they take none, and there is no limit.
     *
     * @throws FathomException on systems where memory cannot be had without taking it
     */
    public static HostAllocator pretending() {
        if (!Slab.isLazy()) {
            throw new FathomException("Memory cannot be forecast on " + System.getProperty("os.name")
                    + ", where an address is memory at once; expected Linux.");
        }
        return new HostAllocator(true);
    }

    /** Whether this system can have {@link #pretending}. */
    public static boolean canPretend() {
        return Slab.isLazy();
    }

    /** The allocator of this process. */
    public static HostAllocator shared() {
        return SHARED;
    }

    /**
     * A block of at least {@code bytes} bytes.
     *
     * @throws FathomException if the operating system, or the limit set by {@link #limit(long)}, has no more
     */
    public synchronized Allocation allocate(long bytes) {
        long size = Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        Block block = free.ceiling(new Block(null, -1, size));
        if (block == null) {
            block = grow(size);
        }
        if (isTooMuch(block.slab.growthTo(block.offset + size))) {
            trim();
            block = free.ceiling(new Block(null, -1, size));
            block = block != null ? block : grow(size);
            if (isTooMuch(block.slab.growthTo(block.offset + size))) {
                throw outOfMemory(size, null);
            }
        }
        free.remove(block);
        reserved += block.slab.growthTo(block.offset + size);
        block.slab.grow(block.offset + size);
        block.free = false;
        block.used = bytes;
        split(block, size);
        live += block.size;
        peak = Math.max(peak, live);
        allocations++;
        return block;
    }

    private synchronized void release(Block block) {
        live -= block.size;
        block.free = true;
        Block merged = block;
        if (block.previous != null && block.previous.free) {
            merged = block.previous;
            free.remove(merged);
            absorbNext(merged);
        }
        if (merged.next != null && merged.next.free) {
            free.remove(merged.next);
            absorbNext(merged);
        }
        free.add(merged);
    }

    /** Gives what is free at the ends of slabs back to the operating system, and slabs that are wholly free. */
    public synchronized void trim() {
        for (Iterator<Slab> it = slabs.iterator(); it.hasNext(); ) {
            Slab slab = it.next();
            if (slab.first.free && slab.first.next == null) {
                free.remove(slab.first);
                reserved -= slab.held();
                slab.close();
                it.remove();
            } else {
                Block last = slab.first;
                while (last.next != null) {
                    last = last.next;
                }
                reserved -= last.free ? slab.shrink(last.offset) : 0;
            }
        }
    }

    public synchronized MemoryStats stats() {
        return new MemoryStats(live, peak, reserved, allocations);
    }

    /** Starts a new measurement of the peak from what is live now. */
    public synchronized void resetPeak() {
        peak = live;
    }

    /** Refuses to hold more than this many bytes from now on: a forecast that is wrong fails early and in words. */
    public synchronized void limit(long bytes) {
        limit = bytes;
    }

    /**
     * Addresses cost nothing, so the system would promise more memory than it has and end the process when it is used.
     */
    private boolean isTooMuch(long growth) {
        return !pretends && growth > 0 && (reserved + growth > limit
                || reserved + growth > CERTAIN && reserved + growth > Machine.BYTES);
    }

    private Block grow(long size) {
        if (isTooMuch(Slab.heldAtFirst(size))) {
            trim();
            if (isTooMuch(Slab.heldAtFirst(size))) {
                throw outOfMemory(size, null);
            }
        }
        Slab slab;
        try {
            slab = new Slab(nextSlab, size, !pretends);
        } catch (OutOfMemoryError first) {
            trim();
            try {
                slab = new Slab(nextSlab, size, !pretends);
            } catch (OutOfMemoryError second) {
                throw outOfMemory(size, second);
            }
        }
        nextSlab++;
        slabs.add(slab);
        reserved += slab.held();
        Block block = new Block(slab, 0, slab.memory.byteSize());
        block.free = true;
        slab.first = block;
        free.add(block);
        return block;
    }

    private FathomException outOfMemory(long size, Throwable cause) {
        return new FathomException(String.format("out of host memory: %,d bytes asked for, %,d live, %,d held%s; "
                + "use a smaller batch, a smaller --input-size or a smaller encoder", size, live, reserved,
                limit == Long.MAX_VALUE ? "" : String.format(", limit %,d", limit)), cause);
    }

    private void split(Block block, long size) {
        if (block.size == size) {
            return;
        }
        Block rest = new Block(block.slab, block.offset + size, block.size - size);
        rest.free = true;
        rest.previous = block;
        rest.next = block.next;
        if (block.next != null) {
            block.next.previous = rest;
        }
        block.next = rest;
        block.size = size;
        free.add(rest);
    }

    private static void absorbNext(Block block) {
        Block gone = block.next;
        block.size += gone.size;
        block.next = gone.next;
        if (gone.next != null) {
            gone.next.previous = block;
        }
    }
}
