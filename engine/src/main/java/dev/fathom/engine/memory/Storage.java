package dev.fathom.engine.memory;

import dev.fathom.engine.Device;
import dev.fathom.engine.dispatch.Backend;
import dev.fathom.engine.errors.ClosedTensorException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The bytes behind one or more tensors (a tensor and its reshapes share one), with their owner.
 *
 * <p>Two parties may hold a storage: the {@link MemoryScope} that owns it, and recorded autograd nodes that need it for
 * their gradient ({@link #retain()}). A scratch scope that closes leaves retained storages to its parent as orphans; an
 * orphan is freed as soon as its last node lets go.
 *
 * <p>Threads may run passes over the same weights at once: the holds of recorded nodes are counted atomically. All else here
 * belongs to the thread of the owning scope; whoever overwrites bytes that other threads read sees to it that they wait.
 */
public final class Storage {
    private static final VarHandle RETAINED = retained();

    private final long bytes;
    private final Device device;
    private final boolean owned;
    private Allocation allocation;
    /** The host's bytes, made once: asking the allocation would make a new one each time. Null on devices. */
    private MemorySegment segment;
    private MemoryScope owner;
    private volatile int retained;
    private boolean orphan;
    private long version;

    private Storage(long bytes, Device device, Allocation allocation, MemorySegment segment, boolean owned) {
        this.bytes = bytes;
        this.device = device;
        this.allocation = allocation;
        this.segment = segment;
        this.owned = owned;
    }

    private static VarHandle retained() {
        try {
            return MethodHandles.lookup().findVarHandle(Storage.class, "retained", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** New uninitialised bytes of a device that belong to the innermost open scope of this thread. */
    public static Storage allocate(long bytes, Backend backend) {
        MemoryScope scope = MemoryScope.current();
        Allocation allocation = backend.allocate(bytes);
        MemorySegment segment = backend.device().isHost() ? allocation.segment() : null;
        Storage storage = new Storage(bytes, backend.device(), allocation, segment, true);
        scope.adopt(storage);
        return storage;
    }

    /**
     * Bytes that somebody else owns, a mapped file for example. The scope only ends their use; it frees nothing, and
     * they do not count as live bytes.
     */
    public static Storage wrap(MemorySegment segment) {
        Storage storage = new Storage(segment.byteSize(), Device.CPU, new Wrapped(segment), segment, false);
        MemoryScope.current().adopt(storage);
        return storage;
    }

    private record Wrapped(MemorySegment segment) implements Allocation {
        @Override
        public long address() {
            return segment.address();
        }

        @Override
        public void release() {
            // Somebody else's.
        }
    }

    public long bytes() {
        return bytes;
    }

    public Device device() {
        return device;
    }

    /** The bytes of a host storage. */
    public MemorySegment segment() {
        MemorySegment s = segment;
        return s != null ? s : live().segment();
    }

    /** Where the bytes start, in the address space of their device. */
    public long address() {
        return live().address();
    }

    private Allocation live() {
        Allocation a = allocation;
        if (a == null) {
            throw new ClosedTensorException("a tensor of " + bytes
                    + " bytes was used after the MemoryScope that owned it was"
                    + " closed; keep() it in its scope, or use it inside");
        }
        return a;
    }

    public boolean isClosed() {
        return allocation == null;
    }

    /** Whether these bytes were allocated for this storage, and not only borrowed from a mapped file. */
    boolean isOwned() {
        return owned;
    }

    /**
     * How often these bytes were overwritten after they were made, by an operation in place or by {@code copyFrom}: who
     * keeps something computed from them compares it. Writes through {@link #segment()} are not counted; they are for
     * bytes that nobody has read yet.
     */
    public long version() {
        return version;
    }

    /** Counts an overwriting. */
    public void touch() {
        version++;
    }

    /** A recorded node needs these bytes until it calls {@link #release()}. */
    public void retain() {
        live();
        RETAINED.getAndAdd(this, 1);
    }

    /** Ends one {@link #retain()}. */
    public void release() {
        if ((int) RETAINED.getAndAdd(this, -1) == 1 && orphan && allocation != null) {
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
        Allocation a = allocation;
        allocation = null;
        segment = null;
        if (a != null) {
            a.release();
        }
    }
}
