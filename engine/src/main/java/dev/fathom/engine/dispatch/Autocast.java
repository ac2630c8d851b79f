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
 *     loss = SiLogLoss.of(model.forward(image), target, mask);
 * }
 * gradients = Backward.of(loss);
 * }</pre>
 *
 * <p><b>What it does.</b> Before an operation runs, its arguments are cast as its {@link CastRule} says: the factors of
 * products and attention to 16 bits, arguments of sums, exponentials and losses to float32. The casts are recorded like
 * any other operation, so gradients flow through them, back to float32 weights. Gradients are not under it: {@code
 * Backward} runs in the dtypes that the forward pass had, so a 16-bit activation has a 16-bit gradient.
 *
 * <p><b>Weights</b> (leaves that ask for a gradient) are cast once and then taken from a cache that belongs to the
 * {@code MemoryScope} in which this was opened. A weight that has changed since, by an optimiser's step or {@code
 * copyFrom}, is cast anew. Inference keeps one session for as long as the model, training opens one a step. {@link
 * #close} frees the casts, except those that a recorded gradient still needs; those go when backward has used them.
 *
 * <p>Sessions nest; the innermost decides. {@link Precision#FP32} switches casting off inside another session.
 */
public final class Autocast implements AutoCloseable {
    private static final ThreadLocal<Autocast> CURRENT = new ThreadLocal<>();

    /** The cast of a weight, and which version of the weight it was made of. */
    private record Cached(Tensor half, long version) {
    }

    private final DType half;
    private final Autocast outer;
    /** Owns the cached casts; null where nothing is cast. */
    private final MemoryScope owner;
    private final Map<Tensor, Cached> weights = new IdentityHashMap<>();
    private boolean closed;

    private Autocast(DType half) {
        this.half = half;
        this.outer = CURRENT.get();
        this.owner = half == null ? null : MemoryScope.current();
        CURRENT.set(this);
    }

    /**
     * Begins a session on this thread.
     *
     * @throws IllegalStateException if no {@code MemoryScope} is open to own the casts of weights
     */
    public static Autocast open(Precision precision) {
        return new Autocast(precision.half());
    }

    /** Nothing is cast until it closes: the same as {@code open(FP32)}. */
    public static Autocast off() {
        return new Autocast(null);
    }

    /** The 16-bit dtype in force on this thread, for a result that x leads to; null if there is none or x is float64. */
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
        Tensor cast = owner.adopt(Cast.of(t, half));
        weights.put(t, new Cached(cast, t.storage().version()));
        return cast;
    }

    /** Ends the session and frees its casts. Closing twice does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (CURRENT.get() != this) {
            throw new IllegalStateException("this Autocast session is not the innermost of thread "
                    + Thread.currentThread().getName() + ": close sessions in the reverse order of opening");
        }
        closed = true;
        weights.values().forEach(cached -> owner.drop(cached.half));
        weights.clear();
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
    }
}
