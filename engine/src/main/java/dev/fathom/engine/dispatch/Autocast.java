package dev.fathom.engine.dispatch;

import dev.fathom.engine.DType;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.Op;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Mixed precision for what one thread dispatches until it is closed. {@code torch.autocast}.
 *
 * <pre>{@code
 * try (Autocast mixed = Autocast.open(Precision.BF16)) {
 *     loss = MaskedLoss.siLog(0.5).of(model.forward(image), target, mask);
 * }
 * gradients = Backward.of(loss);
 * }</pre>
 *
 * <p><b>What it does.</b> Before an operation runs, its arguments are cast as its {@link CastRule} says: the factors of
 * products and attention to 16 bits, arguments of sums, exponentials and losses to float32. The casts are recorded like
 * any other operation, so gradients flow through them, back to float32 weights. Gradients are not under it: {@code
 * Backward} runs in the dtypes that the forward pass had, so a 16-bit activation has a 16-bit gradient.
 *
 * <p><b>Weights</b> (leaves that ask for a gradient) are cast once and then taken from a cache. A weight that has
 * changed since, by an optimiser's step or {@code copyFrom}, is cast anew. Training {@linkplain #open opens} a session
 * a step, whose casts belong to the innermost {@code MemoryScope}; an object that infers keeps a {@linkplain #standing
 * standing} one, which it enters for each call. {@link #close} frees the casts, except those that a recorded gradient
 * still needs; those go when backward has used them.
 *
 * <p>Sessions nest; the innermost decides. {@link Precision#FP32} switches casting off inside another session.
 */
public final class Autocast implements AutoCloseable {
    private static final ThreadLocal<Autocast> CURRENT = new ThreadLocal<>();

    /** The cast of a weight, and which version of the weight it was made of. */
    private record Cached(Tensor half, long version) {
    }

    private final DType half;
    /** Owns the cached casts; null where nothing is cast. */
    private final MemoryScope owner;
    private final boolean standing;
    private final Map<Tensor, Cached> weights = new IdentityHashMap<>();
    /** Of {@link #open}: until it is closed. */
    private Visit whole;
    private boolean inUse;
    private boolean closed;

    private Autocast(DType half, MemoryScope owner, boolean standing) {
        this.half = half;
        this.owner = owner;
        this.standing = standing;
    }

    /**
     * Begins a session on this thread, which ends when it is closed.
     *
     * @throws IllegalStateException if no {@code MemoryScope} is open to own the casts of weights
     */
    public static Autocast open(Precision precision) {
        DType half = precision.half();
        Autocast session = new Autocast(half, half == null ? null : MemoryScope.current(), false);
        session.whole = session.enter();
        return session;
    }

    /** Nothing is cast until it closes: the same as {@code open(FP32)}. */
    public static Autocast off() {
        return open(Precision.FP32);
    }

    /** A session that is in force only where somebody {@linkplain #enter() enters} it, and owns its casts itself. */
    public static Autocast standing(Precision precision) {
        DType half = precision.half();
        return new Autocast(half, half == null ? null : MemoryScope.standing("casts of weights"), true);
    }

    /** Until the visit is closed, this session is in force on the calling thread. One visit at a time. */
    public Visit enter() {
        if (half != null && (inUse || closed)) {
            throw new IllegalStateException("this Autocast session is " + (closed ? "closed" : "in use already"));
        }
        inUse = true;
        return new Visit();
    }

    /** A time during which a session is in force. */
    public final class Visit implements AutoCloseable {
        private final Autocast outer = CURRENT.get();

        private Visit() {
            CURRENT.set(Autocast.this);
        }

        @Override
        public void close() {
            if (CURRENT.get() != Autocast.this) {
                throw new IllegalStateException("this Autocast session is not the innermost of thread "
                        + Thread.currentThread().getName() + ": leave sessions in the reverse order of entering");
            }
            inUse = false;
            if (outer == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(outer);
            }
        }
    }

    /** The precision in force on this thread. */
    public static Precision current() {
        Autocast session = CURRENT.get();
        return session == null ? Precision.FP32 : Precision.of(session.half);
    }

    /** The 16-bit dtype in force on this thread, for a result of x; null if there is none or x is float64. */
    public static DType halfFor(Tensor x) {
        Autocast session = CURRENT.get();
        return session == null || x.dtype() == DType.F64 ? null : session.half;
    }

    /** The arguments that an operation is to run on: those given, cast where its rule says so. */
    static List<Tensor> arguments(Op op, List<Tensor> given) {
        Autocast session = CURRENT.get();
        return session == null || session.half == null || op.castRule().kind() == CastRule.Kind.AS_IS ? given
                : session.cast(op.castRule(), given);
    }

    private List<Tensor> cast(CastRule rule, List<Tensor> given) {
        List<Tensor> arguments = new ArrayList<>(given.size());
        for (int i = 0; i < given.size(); i++) {
            Tensor t = given.get(i);
            DType to = rule.dtype(i, given, half);
            boolean weight = t.requiresGrad() && t.node() == null;
            arguments.add(weight && to == half && t.dtype() != to ? weight(t) : Cast.of(t, to));
        }
        return arguments;
    }

    private Tensor weight(Tensor t) {
        Cached cached = weights.get(t);
        if (cached != null) {
            // A cast made without recording would cut the weight off from its gradient.
            boolean recorded = cached.half.requiresGrad() || !GradMode.isEnabled();
            if (recorded && cached.version == t.storage().version() && !cached.half.storage().isClosed()) {
                return cached.half;
            }
            owner.drop(cached.half);
        }
        Tensor cast = owned(t);
        weights.put(t, new Cached(cast, t.storage().version()));
        return cast;
    }

    private Tensor owned(Tensor weight) {
        if (!standing) {
            return owner.adopt(Cast.of(weight, half));
        }
        try (MemoryScope.Visit inside = owner.enter()) {
            return Cast.of(weight, half);
        }
    }

    /** Ends the session and frees its casts. Closing twice does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (whole != null) {
            whole.close();
        } else if (half != null && inUse) {
            throw new IllegalStateException("this Autocast session is in use; leave it before closing it");
        }
        closed = true;
        if (standing && owner != null) {
            owner.close();
        } else {
            weights.values().forEach(cached -> owner.drop(cached.half));
        }
        weights.clear();
    }
}
