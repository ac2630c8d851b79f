package dev.fathom.engine.memory;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Owns the tensors made while it is the innermost open scope of its thread, and frees them when it closes.
 *
 * <pre>{@code
 * try (var step = MemoryScope.open("step")) {
 *     Tensor loss = model.forward(x);
 *     return step.keep(loss);            // now the parent's
 * }                                      // everything else is freed here
 * }</pre>
 *
 * <p>{@link #open} is a hard border: at its end everything is freed, also what a recorded gradient would still need.
 * {@link #scratch} is what a module's forward uses: at its end everything is freed except what recorded nodes hold,
 * which moves to the parent and is freed when backward has used it. So one forward function is frugal in inference and
 * correct in training.
 *
 * <p>A scope belongs to the thread that opened it; scopes close in the reverse order of opening.
 */
public final class MemoryScope implements AutoCloseable {
    private static final ThreadLocal<MemoryScope> CURRENT = new ThreadLocal<>();

    private final String name;
    private final boolean scratch;
    private MemoryScope parent;
    private Thread thread = Thread.currentThread();
    /** In order of making, so that blocks come back in the same order every run. */
    private Set<Storage> owned = new LinkedHashSet<>();
    private boolean closed;

    private MemoryScope(String name, boolean scratch) {
        this.name = name;
        this.scratch = scratch;
        this.parent = CURRENT.get();
        CURRENT.set(this);
    }

    /** Opens a scope; the name is for messages and reports. */
    public static MemoryScope open(String name) {
        return new MemoryScope(name, false);
    }

    /**
     * Opens a scope for the temporaries inside one function; what recorded nodes hold outlives it.
     *
     * @throws IllegalStateException if the thread has no open scope to outlive it in
     */
    public static MemoryScope scratch(String name) {
        current();
        return new MemoryScope(name, true);
    }

    /**
     * A scope that stands by itself: not innermost anywhere until somebody {@linkplain #enter() enters} it, and closed
     * whenever its owner likes. For an object that keeps tensors between calls.
     */
    public static MemoryScope standing(String name) {
        MemoryScope scope = new MemoryScope(name);
        scope.thread = null;
        return scope;
    }

    private MemoryScope(String name) {
        this.name = name;
        this.scratch = false;
    }

    /** Until the visit is closed, this standing scope is the innermost of the calling thread. */
    public Visit enter() {
        if (thread != null || closed) {
            throw new IllegalStateException("scope '" + name + "' " + (closed ? "is closed" : "is in use already"));
        }
        thread = Thread.currentThread();
        parent = CURRENT.get();
        CURRENT.set(this);
        return new Visit();
    }

    /** A time during which a standing scope is innermost. */
    public final class Visit implements AutoCloseable {
        private Visit() {
        }

        @Override
        public void close() {
            if (CURRENT.get() != MemoryScope.this) {
                throw new IllegalStateException("scope '" + name + "' is left while one inside it is open");
            }
            restore();
            thread = null;
            parent = null;
        }
    }

    private void restore() {
        if (parent == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(parent);
        }
    }

    /** The innermost open scope of this thread. */
    public static MemoryScope current() {
        MemoryScope scope = CURRENT.get();
        if (scope == null) {
            throw new IllegalStateException("no MemoryScope is open on thread " + Thread.currentThread().getName()
                    + ", so nobody would free a new tensor; wrap the code in try (var scope = "
                    + "MemoryScope.open(\"name\"))");
        }
        return scope;
    }

    /** Moves a tensor made in this scope to the parent, so that it outlives this scope. Returns the same tensor. */
    public Tensor keep(Tensor tensor) {
        Storage storage = tensor.storage();
        if (storage.owner() != this && !storage.isOrphan()) {
            return tensor;
        }
        if (parent == null) {
            throw new IllegalStateException("scope '" + name
                    + "' is the outermost of its thread: there is no parent to keep "
                    + "a tensor in");
        }
        storage.owner().disown(storage);
        parent.adopt(storage);
        return tensor;
    }

    /**
     * Moves a tensor made in a scope inside this one here, past all scopes between: for what is computed once and used
     * until this scope closes. Returns the same tensor.
     */
    public Tensor adopt(Tensor tensor) {
        Storage storage = tensor.storage();
        if (closed) {
            throw new IllegalStateException("scope '" + name + "' has closed and can own nothing any more");
        }
        storage.owner().disown(storage);
        adopt(storage);
        return tensor;
    }

    /**
     * Frees one tensor of this scope now, unless a recorded node still needs it (then as soon as it no longer does).
     */
    public void drop(Tensor tensor) {
        Storage storage = tensor.storage();
        if (storage.owner() != this || storage.isClosed()) {
            return;
        }
        if (storage.isRetained()) {
            storage.owner(this, true);
        } else {
            owned.remove(storage);
            storage.free();
        }
    }

    public String name() {
        return name;
    }

    /** Bytes that this scope owns now, views counted once. */
    public long liveBytes() {
        return owned.stream().mapToLong(Storage::bytes).sum();
    }

    /** The open scopes of this thread from the outermost in, for reports: {@code run/step/block}. */
    public static String currentPath() {
        StringBuilder path = new StringBuilder();
        for (MemoryScope s = CURRENT.get(); s != null; s = s.parent) {
            path.insert(0, path.isEmpty() ? s.name : s.name + "/");
        }
        return path.toString();
    }

    /** What each open scope of this thread holds on a device, innermost first: for reports. */
    public static String liveByScope(Device device) {
        List<String> lines = new ArrayList<>();
        for (MemoryScope s = CURRENT.get(); s != null; s = s.parent) {
            List<Storage> held = s.owned.stream().filter(o -> o.isOwned() && o.device().equals(device)).toList();
            lines.add(String.format("'%s' %,d bytes in %d tensors", s.name,
                    held.stream().mapToLong(Storage::bytes).sum(), held.size()));
        }
        return "live by scope: " + String.join(", ", lines);
    }

    void adopt(Storage storage) {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("scope '" + name + "' belongs to thread " + thread.getName());
        }
        owned.add(storage);
        storage.owner(this, false);
    }

    void disown(Storage storage) {
        owned.remove(storage);
    }

    /** Frees what is still owned. Closing twice does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        boolean standing = thread == null;
        if (!standing && CURRENT.get() != this) {
            throw new IllegalStateException("scope '" + name + "' is not the innermost open scope of thread "
                    + Thread.currentThread().getName() + ": close scopes in the reverse order of opening");
        }
        closed = true;
        for (Storage storage : new ArrayList<>(owned)) {
            if (scratch && storage.isRetained()) {
                parent.owned.add(storage);
                storage.owner(parent, true);
            } else {
                storage.free();
            }
        }
        owned = Set.of();
        if (!standing) {
            restore();
        }
    }
}
