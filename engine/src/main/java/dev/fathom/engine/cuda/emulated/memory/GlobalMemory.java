package dev.fathom.engine.cuda.emulated.memory;

import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import dev.fathom.engine.errors.FathomException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The global memory of the emulated GPU.
 *
 * <p>Addresses are made up: allocation number n lives in its own window of 16 GiB, its first byte in the window's
 * middle, at a multiple of 256 and of nothing more (as cudaMalloc promises). So an address that is wrong by up to 8 GiB
 * in either direction still says which allocation it was meant for, a pointer to freed memory is recognised for ever,
 * and no access can reach a neighbour. Windows 0 to 15 hold no allocation; shared and local memory have windows there
 * for generic addresses.
 *
 * <p>Copies from and to the host and fills are checked like the accesses of a kernel: range, liveness, and on the way
 * to the host that every byte was written. Thread-safe.
 */
public final class GlobalMemory implements AutoCloseable {
    /** Window n covers the addresses [n << WINDOW_BITS, (n+1) << WINDOW_BITS). */
    public static final int WINDOW_BITS = 34;
    /** The window of shared memory in generic addresses. */
    public static final long SHARED_WINDOW = 1;
    /** The window of a thread's local memory in generic addresses. */
    public static final long LOCAL_WINDOW = 2;

    private static final int FIRST_WINDOW = 16;
    private static final long START_IN_WINDOW = (1L << (WINDOW_BITS - 1)) + 256;

    /** So many freed allocations are remembered by name; older ones are only "no device address". */
    private static final int REMEMBERED = 100_000;

    private final HostPool host = new HostPool();
    private final ArrayDeque<Integer> graves = new ArrayDeque<>();
    private final long capacity;
    private boolean closed;
    private volatile Allocation[] windows = new Allocation[64];
    private int next = FIRST_WINDOW;
    private long liveBytes;
    private long liveCount;
    private long peakBytes;

    /** Memory without a limit of its own. */
    public GlobalMemory() {
        this(Long.MAX_VALUE);
    }

    /** @param capacity bytes that may be live at once; more is {@link OutOfDeviceMemory}. */
    public GlobalMemory(long capacity) {
        this.capacity = capacity;
    }

    /** Thrown when the capacity does not suffice. */
    public static final class OutOfDeviceMemory extends FathomException {
        private static final long serialVersionUID = 1L;

        OutOfDeviceMemory(long wanted, long live, long capacity) {
            super("the emulated device has no " + wanted + " bytes left: " + live + " of " + capacity
                    + " bytes are in use; free some, or give it more");
        }
    }

    /**
     * Allocates bytes whose contents are undefined: reading one before it is written is a fault.
     *
     * @param bytes 0 or more
     * @param label the name in reports
     * @return the device address, a multiple of 256
     */
    public long malloc(long bytes, String label) {
        return allocate(bytes, label, false).base();
    }

    /** Allocates constant memory with these contents; kernels may not write it. */
    public long constant(byte[] contents, String label) {
        Allocation a = allocate(contents.length, label, true);
        MemorySegment.copy(MemorySegment.ofArray(contents), 0, a.bytes(), 0, contents.length);
        a.markWritten(0, contents.length);
        return a.base();
    }

    private synchronized Allocation allocate(long bytes, String label, boolean readOnly) {
        if (bytes < 0 || bytes >= 1L << (WINDOW_BITS - 1)) {
            throw new FathomException("an allocation has 0 to " + ((1L << (WINDOW_BITS - 1)) - 1) + " bytes, not "
                    + bytes + " ('" + label + "')");
        }
        if (bytes > capacity - liveBytes) {
            throw new OutOfDeviceMemory(bytes, liveBytes, capacity);
        }
        if (closed) {
            throw new IllegalStateException("this device memory is closed");
        }
        long base = ((long) next << WINDOW_BITS) + START_IN_WINDOW;
        Allocation a = new Allocation(this, base, host.take(bytes), bytes, label, readOnly);
        Allocation[] table = windows;
        if (next == table.length) {
            table = Arrays.copyOf(table, 2 * next);
        }
        table[next++] = a;
        windows = table;
        liveBytes += bytes;
        liveCount++;
        peakBytes = Math.max(peakBytes, liveBytes);
        return a;
    }

    /**
     * Frees an allocation.
     *
     * @param address what {@link #malloc} returned
     * @throws KernelFault of kind DOUBLE_FREE if it is not that, or was freed before
     */
    public synchronized void free(long address) {
        Allocation a = find(address);
        if (a == null || a.base() != address || a.released()) {
            String what = a == null ? "it was never allocated"
                    : a.released() ? a + " was freed before" : "it points into " + a + ", which begins at " + hex(a.base());
            throw new KernelFault(FaultKind.DOUBLE_FREE, "host", "", hex(address) + " cannot be freed: " + what
                    + "; free what malloc returned, once.");
        }
        liveBytes -= a.capacity();
        liveCount--;
        host.give(a.release());
        graves.add((int) (address >>> WINDOW_BITS));
        if (graves.size() > REMEMBERED) {
            windows[graves.poll()] = null;
        }
    }

    /**
     * What a caching allocator says when it gives a user {@code bytes} bytes of an allocation that it keeps: from now on
     * it is exactly so large, has this name, and none of it was ever written. May be said again at any time.
     *
     * @param address what {@link #malloc} returned
     */
    public synchronized void handOut(long address, long bytes, String label) {
        kept(address).handOut(bytes, label);
    }

    /** What a caching allocator says when its user is done: an access is a use after free until the next hand-out. */
    public synchronized void handBack(long address) {
        kept(address).handBack();
    }

    private Allocation kept(long address) {
        Allocation a = find(address);
        if (a == null || a.base() != address || a.released()) {
            throw new IllegalArgumentException(hex(address) + " is no allocation that is kept");
        }
        return a;
    }

    /** The allocation in whose window the address lies (it may be outside of the allocation, or freed), or null. */
    public Allocation find(long address) {
        long window = address >>> WINDOW_BITS;
        Allocation[] table = windows;
        return window < table.length ? table[(int) window] : null;
    }

    /** An address as reports write it. */
    public static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }

    private Allocation range(String call, long address, long bytes, FaultKind kind) {
        Allocation a = find(address);
        if (a == null) {
            throw new KernelFault(kind, "host", "", call + " of " + bytes + " bytes at " + hex(address)
                    + ", which is no device address.");
        }
        if (a.freed()) {
            throw new KernelFault(FaultKind.USE_AFTER_FREE, "host", "", call + " of " + bytes + " bytes at "
                    + hex(address) + ", in " + a + ", which is freed.");
        }
        long offset = address - a.base();
        if (bytes < 0 || offset < 0 || bytes > a.size() - offset) {
            throw new KernelFault(kind, "host", "", call + " of bytes " + offset + " to " + (offset + bytes) + " of " + a
                    + ": the range leaves it.");
        }
        return a;
    }

    private void checkWritten(String call, Allocation a, long offset, long bytes) {
        if (!a.isWritten(offset, bytes)) {
            throw new KernelFault(FaultKind.UNINITIALISED_READ, "host", "", call + " of bytes " + offset + " to "
                    + (offset + bytes) + " of " + a + ": byte " + a.firstUnwritten(offset, bytes)
                    + " was never written by a kernel, a copy or a fill.");
        }
    }

    /** Copies from the host. The source's bytes from 0 to its size. */
    public void copyIn(long address, MemorySegment source) {
        long bytes = source.byteSize();
        Allocation a = range("copy to the device", address, bytes, FaultKind.OUT_OF_BOUNDS_WRITE);
        long offset = address - a.base();
        MemorySegment.copy(source, 0, a.bytes(), offset, bytes);
        a.markWritten(offset, bytes);
    }

    /** Copies to the host; every byte must have been written. */
    public void copyOut(MemorySegment target, long address) {
        long bytes = target.byteSize();
        Allocation a = range("copy from the device", address, bytes, FaultKind.OUT_OF_BOUNDS_READ);
        checkWritten("copy from the device", a, address - a.base(), bytes);
        MemorySegment.copy(a.bytes(), address - a.base(), target, 0, bytes);
    }

    /** Copies within the device. Bytes never written stay so in the copy; the ranges may overlap. */
    public void copy(long target, long source, long bytes) {
        Allocation from = range("copy on the device", source, bytes, FaultKind.OUT_OF_BOUNDS_READ);
        Allocation to = range("copy on the device", target, bytes, FaultKind.OUT_OF_BOUNDS_WRITE);
        checkWritten("copy on the device", from, source - from.base(), bytes);
        MemorySegment.copy(from.bytes(), source - from.base(), to.bytes(), target - to.base(), bytes);
        to.markWritten(target - to.base(), bytes);
    }

    /** Fills bytes with a value. */
    public void memset(long address, byte value, long bytes) {
        Allocation a = range("fill", address, bytes, FaultKind.OUT_OF_BOUNDS_WRITE);
        a.bytes().asSlice(address - a.base(), bytes).fill(value);
        a.markWritten(address - a.base(), bytes);
    }

    /**
     * The host's view of bytes that a library call of the host reads (a product, a convolution): live, inside, written.
     */
    public MemorySegment readable(long address, long bytes) {
        Allocation a = range("read by the host's library call", address, bytes, FaultKind.OUT_OF_BOUNDS_READ);
        checkWritten("read by the host's library call", a, address - a.base(), bytes);
        return a.bytes().asSlice(address - a.base(), bytes);
    }

    /** The host's view of bytes that a library call of the host writes, all of them: live, inside; counts as written. */
    public MemorySegment writable(long address, long bytes) {
        Allocation a = range("written by the host's library call", address, bytes, FaultKind.OUT_OF_BOUNDS_WRITE);
        a.markWritten(address - a.base(), bytes);
        return a.bytes().asSlice(address - a.base(), bytes);
    }

    public synchronized long liveBytes() {
        return liveBytes;
    }

    public synchronized long peakBytes() {
        return peakBytes;
    }

    /** Allocations not freed yet. */
    public synchronized long liveCount() {
        return liveCount;
    }

    /** Gives all memory back to the operating system, whether freed or not. Nothing may use it afterwards. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            for (Allocation a : windows) {
                if (a != null && !a.released()) {
                    a.release();
                }
            }
            Arrays.fill(windows, null);
            host.close();
        }
    }
}
