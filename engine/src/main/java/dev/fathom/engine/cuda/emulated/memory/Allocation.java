package dev.fathom.engine.cuda.emulated.memory;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * One piece of device memory: its made-up address, its bytes on the host, and which of them were ever written.
 *
 * <p>Reads and writes of blocks that run on several threads may meet here. The bytes are as racy as they are on a GPU;
 * the bits of the written map are set by atomic operations, because neighbouring bytes share a word.
 */
public final class Allocation {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final GlobalMemory owner;
    private final long base;
    private final long capacity;
    private long size;
    private String label;
    private final boolean readOnly;
    private final long host;
    private MemorySegment block;
    /** Bit i of the whole: byte i was written. Null once every byte was. */
    private volatile long[] written;
    /** {@link #size} while live, -1 after free: then every access leaves the fast path. */
    private volatile long limit;

    /** @param block host memory of at least {@code size} bytes */
    Allocation(GlobalMemory owner, long base, MemorySegment block, long size, String label, boolean readOnly) {
        this.owner = owner;
        this.base = base;
        this.capacity = size;
        this.size = size;
        this.label = label;
        this.readOnly = readOnly;
        this.block = block;
        this.host = block.address();
        this.limit = size;
        this.written = size == 0 ? null : new long[(int) ((size + 63) >>> 6)];
    }

    /** The memory it belongs to: the addresses of two devices are alike. */
    public GlobalMemory owner() {
        return owner;
    }

    /** The device address of the first byte: a multiple of 256. */
    public long base() {
        return base;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    /** The name that reports use. */
    public String label() {
        return label;
    }

    public boolean readOnly() {
        return readOnly;
    }

    public boolean freed() {
        return limit < 0;
    }

    /** Bytes that may be accessed: the size, or -1 after free. */
    public long limit() {
        return limit;
    }

    /** The host address of the first byte. For code that has checked its range. */
    public long host() {
        return host;
    }

    /** The bytes on the host; throws after free. */
    MemorySegment bytes() {
        MemorySegment live = block;
        if (live == null) {
            throw new IllegalStateException("'" + label + "' is freed");
        }
        return live.asSlice(0, size);
    }

    /** Live again with {@code bytes} bytes of its memory under a new name, none of them written. */
    void handOut(long bytes, String name) {
        if (bytes > capacity) {
            throw new IllegalArgumentException(bytes + " bytes of " + this + " cannot be handed out");
        }
        size = bytes;
        label = name;
        written = bytes == 0 ? null : new long[(int) ((bytes + 63) >>> 6)];
        limit = bytes;
    }

    /** Not to be accessed until it is handed out again; the memory stays reserved. */
    void handBack() {
        limit = -1;
    }

    /** Bytes that were allocated: {@link #size} unless fewer are handed out. */
    long capacity() {
        return capacity;
    }

    /** Whether its memory went back, and not only its user away. */
    boolean released() {
        return block == null;
    }

    /** Marks this as freed and returns its host memory. */
    MemorySegment release() {
        MemorySegment was = block;
        limit = -1;
        block = null;
        written = null;
        return was;
    }

    /** The written map for fast paths: null if every byte was written. */
    public long[] writtenMap() {
        return written;
    }

    /** True if bytes [offset, offset+count) were all written; the range is inside. */
    public boolean isWritten(long offset, long count) {
        long[] map = written;
        if (map == null) {
            return true;
        }
        for (long i = offset; i < offset + count;) {
            int word = (int) (i >>> 6);
            long many = Math.min(offset + count - i, 64 - (i & 63));
            long mask = (many == 64 ? -1L : (1L << many) - 1) << (i & 63);
            if ((map[word] & mask) != mask) {
                return false;
            }
            i += many;
        }
        return true;
    }

    /** The first byte of [offset, offset+count) that was never written, or -1. */
    public long firstUnwritten(long offset, long count) {
        for (long i = offset; i < offset + count; i++) {
            if (!isWritten(i, 1)) {
                return i;
            }
        }
        return -1;
    }

    /** Marks the bytes of {@code mask} in word {@code word} (bytes 64 word .. 64 word + 63) as written. */
    public void markWord(int word, long mask) {
        long[] map = written;
        if (map != null && (map[word] & mask) != mask) {
            WORD.getAndBitwiseOr(map, word, mask);
        }
    }

    /** Marks bytes [offset, offset+count) as written; the range is inside. */
    public void markWritten(long offset, long count) {
        if (written == null) {
            return;
        }
        if (offset == 0 && count == size) {
            written = null;
            return;
        }
        for (long i = offset; i < offset + count;) {
            long many = Math.min(offset + count - i, 64 - (i & 63));
            markWord((int) (i >>> 6), (many == 64 ? -1L : (1L << many) - 1) << (i & 63));
            i += many;
        }
    }

    /** Forgets that anything was written: what a caching allocator does when it hands a block out again. */
    public void forgetWrites() {
        long[] map = written;
        if (map == null) {
            written = size == 0 ? null : new long[(int) ((size + 63) >>> 6)];
        } else {
            Arrays.fill(map, 0);
        }
    }

    /** Drops the written map if every byte was written by now: later launches are faster. Not while a kernel runs. */
    public void settle() {
        if (written != null && isWritten(0, size)) {
            written = null;
        }
    }

    @Override
    public String toString() {
        return "'" + label + "' (" + size + " bytes)";
    }
}
