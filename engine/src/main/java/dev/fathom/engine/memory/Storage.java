package dev.fathom.engine.memory;

import dev.fathom.engine.errors.ClosedTensorException;
import java.lang.foreign.MemorySegment;

/**
 * The bytes behind one or more tensors (a tensor and its reshapes share one), with their owner.
 *
 * <p>Two parties may hold a storage: the {@link MemoryScope} that owns it, and recorded autograd nodes that need it for
 * their gradient ({@link #retain()}). A scratch scope that closes leaves retained storages to its parent as orphans; an
 * orphan is freed as soon as its last node lets go.
 */
public final class Storage {
    private final long bytes;
    private HostAllocator.Block block;
    private MemorySegment segment;
    private MemoryScope owner;
    private int retained;
    private boolean orphan;

    private Storage(long bytes, HostAllocator.Block block, MemorySegment segment) {
        this.bytes = bytes;
        this.block = block;
        this.segment = segment;
    }

    /** New uninitialised host bytes that belong to the innermost open scope of this thread. */
    public static Storage allocate(long bytes) {
        MemoryScope scope = MemoryScope.current();
        HostAllocator.Block block = HostAllocator.shared().allocate(bytes);
        Storage storage = new Storage(bytes, block, block.segment(bytes));
        scope.adopt(storage);
        return storage;
    }

    /**
     * Bytes that somebody else owns, a mapped file for example. The scope only ends their use; it frees nothing, and
     * they do not count as live bytes.
     */
    public static Storage wrap(MemorySegment segment) {
        Storage storage = new Storage(segment.byteSize(), null, segment);
        MemoryScope.current().adopt(storage);
        return storage;
    }

    public long bytes() {
        return bytes;
    }

    /** The bytes. */
    public MemorySegment segment() {
        MemorySegment s = segment;
        if (s == null) {
            throw new ClosedTensorException("a tensor of " + bytes
                    + " bytes was used after the MemoryScope that owned it was"
                    + " closed; keep() it in its scope, or use it inside");
        }
        return s;
    }

    public boolean isClosed() {
        return segment == null;
    }

    /** A recorded node needs these bytes until it calls {@link #release()}. */
    public void retain() {
        segment();
        retained++;
    }

    /** Ends one {@link #retain()}. */
    public void release() {
        retained--;
        if (retained == 0 && orphan && segment != null) {
            owner.disown(this);
            free();
        }
    }

    boolean isRetained() {
        return retained > 0;
    }

    MemoryScope owner() {
        return owner;
    }

    void owner(MemoryScope scope, boolean asOrphan) {
        owner = scope;
        orphan = asOrphan;
    }

    boolean isOrphan() {
        return orphan;
    }

    void free() {
        if (segment == null) {
            return;
        }
        segment = null;
        if (block != null) {
            HostAllocator.shared().release(block);
            block = null;
        }
    }
}
