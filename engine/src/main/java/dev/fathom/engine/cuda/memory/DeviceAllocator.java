package dev.fathom.engine.cuda.memory;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.DeviceOutOfMemoryException;
import dev.fathom.engine.cuda.driver.MemoryInfo;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.engine.memory.Allocation;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.memory.MemoryStats;
import java.lang.foreign.MemorySegment;

/**
 * A caching allocator of device memory. Sizes are rounded up to classes, eight to each doubling, and every block keeps
 * its class for life: a training step asks for the same sizes each time, so after the first one nothing is asked of
 * the driver. (Asking costs microseconds, and giving back waits for the device.)
 *
 * <p>Blocks come back while work that reads them may still be queued. That is safe because all work of a device runs
 * in the order of one stream: whoever gets the block next writes it later in that order.
 *
 * <p>A captured graph has addresses baked in, so what it uses comes from a {@link Pool} of its own that nobody else
 * gets blocks of while the graph lives. Thread-safe.
 */
public final class DeviceAllocator {
    /** Smallest class and alignment in bytes. */
    public static final long GRAIN = 512;

    private final Device device;
    private final CudaDriver driver;
    private final Pool common = new Pool();
    private Pool active = common;
    private long live;
    private long peak;
    private long reserved;
    private long allocations;
    private long limit = Long.MAX_VALUE;

    public DeviceAllocator(Device device, CudaDriver driver) {
        this.device = device;
        this.driver = driver;
    }

    /** A block in use, of the pool it goes back to. */
    private final class Block implements Allocation {
        private final long address;
        private final long size;
        private final Pool pool;

        Block(long address, long size, Pool pool) {
            this.address = address;
            this.size = size;
            this.pool = pool;
        }

        @Override
        public MemorySegment segment() {
            throw new DeviceException("a tensor on " + device + " has no bytes in this process's memory; copy it with "
                    + "to(Device.CPU) first");
        }

        @Override
        public long address() {
            return address;
        }

        @Override
        public void release() {
            DeviceAllocator.this.release(this);
        }
    }

    /** The size class of a request: at most an eighth larger, in multiples of {@link #GRAIN}. */
    static long sizeClass(long bytes) {
        long step = Math.max(GRAIN, Long.highestOneBit(Math.max(1, bytes)) / 8);
        return Math.max(GRAIN, (bytes + step - 1) / step * step);
    }

    /**
     * A block of at least {@code bytes} bytes, aligned to 256.
     *
     * @throws DeviceOutOfMemoryException if there is none even after all cached blocks went back to the driver; the
     * message says which scopes hold what
     */
    public synchronized Allocation allocate(long bytes) {
        long size = sizeClass(bytes);
        Long address = active.take(size);
        if (address == null) {
            address = grow(bytes, size);
            reserved += size;
        }
        live += size;
        peak = Math.max(peak, live);
        allocations++;
        driver.handedOut(address, bytes, MemoryScope.currentPath());
        return new Block(address, size, active);
    }

    private long grow(long bytes, long size) {
        if (reserved + size <= limit) {
            try {
                return driver.memAlloc(size);
            } catch (DeviceOutOfMemoryException first) {
                // Cached blocks of other sizes may be what is missing: give them back and ask once more.
                trim();
                return secondTry(bytes, size);
            }
        }
        trim();
        return secondTry(bytes, size);
    }

    private long secondTry(long bytes, long size) {
        if (reserved + size > limit) {
            throw outOfMemory(bytes);
        }
        try {
            return driver.memAlloc(size);
        } catch (DeviceOutOfMemoryException second) {
            throw outOfMemory(bytes);
        }
    }

    private DeviceOutOfMemoryException outOfMemory(long bytes) {
        MemoryInfo info = driver.memInfo();
        return new DeviceOutOfMemoryException(String.format("%s is out of memory: %,d bytes asked for; %,d of %,d free, "
                + "%,d held by this process%s (%s); use a smaller batch, a smaller --input-size, a smaller encoder or "
                + "--precision fp16", device, bytes, info.freeBytes(), info.totalBytes(), reserved,
                limit == Long.MAX_VALUE ? "" : String.format(" of the %,d it may hold", limit),
                MemoryScope.liveByScope(device)));
    }

    private synchronized void release(Block block) {
        live -= block.size;
        driver.handedBack(block.address);
        // Blocks of a graph that is gone belong to everybody again.
        (block.pool.closed ? common : block.pool).put(block.size, block.address);
    }

    /** Gives all cached blocks back to the driver. */
    public synchronized void trim() {
        common.drain((size, address) -> {
            driver.memFree(address);
            reserved -= size;
        });
    }

    public synchronized MemoryStats stats() {
        return new MemoryStats(live, peak, reserved, allocations);
    }

    /** Starts a new measurement of the peak from what is live now. */
    public synchronized void resetPeak() {
        peak = live;
    }

    /** Refuses to hold more than this many bytes from now on. */
    public synchronized void limit(long bytes) {
        limit = bytes;
    }

    /** From now on, blocks come from a new pool, until {@link #endPool()}. */
    public synchronized Pool beginPool() {
        if (active != common) {
            throw new IllegalStateException("pools do not nest");
        }
        active = new Pool();
        return active;
    }

    public synchronized void endPool() {
        active = common;
    }

    /** Gives a pool's blocks to everybody: its graph will not run again. */
    public synchronized void close(Pool pool) {
        pool.closed = true;
        pool.drain(common::put);
    }
}
