package dev.fathom.engine.autograd;

import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.errors.MissingGradientException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.Op;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Activation checkpointing: of a function only its inputs are kept for the gradient, and when backward arrives the
 * function is run again (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). {@code
 * torch.utils.checkpoint.checkpoint}.
 *
 * <pre>{@code
 * Tensor y = Checkpoint.of(in -> block.forward(in[0]), x);      // one step of the graph, whatever the block computes
 * }</pre>
 *
 * <p>Gradients have the bits that they have without: the second run computes what the first did (in the precision that
 * was in force then), {@link Backward} walks through what it recorded, and whatever leaves the function is added up in
 * the same order. What the function ends with is not computed a second time where no gradient reads it, as its result
 * is known to nobody but itself: in a transformer block that is a third of the block's products.
 *
 * <p>The function must compute the same both times: no random numbers, no statistics that it updates (a batch norm in
 * training would update them twice), nothing read back on the way. It reads parameters where it finds them; every other
 * tensor that a gradient flows through must be one of its inputs.
 */
public final class Checkpoint {
    static final String NAME = "checkpoint";

    /** What is run again. */
    @FunctionalInterface
    public interface Function {
        Tensor apply(Tensor... inputs);
    }

    /** One run of a function, for the thread that runs it: how many operations it has come to, of how many. */
    private static final class Run implements AutoCloseable {
        private final Run outer = CURRENT.get();
        private final long operations;
        private long count;

        /** @param operations that it will come to; 0 if that is not known yet */
        Run(long operations) {
            this.operations = operations;
            CURRENT.set(this);
        }

        @Override
        public void close() {
            if (outer == null) {
                CURRENT.remove();
            } else {
                outer.count += count;
                CURRENT.set(outer);
            }
        }
    }

    private static final ThreadLocal<Run> CURRENT = new ThreadLocal<>();

    private final Function function;
    private final Precision precision;
    private final long operations;

    private Checkpoint(Function function, Precision precision, long operations) {
        this.function = function;
        this.precision = precision;
        this.operations = operations;
    }

    /**
     * What a function makes of its inputs, recorded as a step that keeps those alone. Without {@linkplain GradMode
     * gradients} it simply runs.
     *
     * @throws MissingGradientException if the function reads a tensor that a gradient flows through, and that is neither a
     * parameter nor among the inputs
     */
    public static Tensor of(Function function, Tensor... inputs) {
        if (!GradMode.isEnabled()) {
            return function.apply(inputs);
        }
        // Recorded, although the record is thrown away: so this run is in every bit what it is without a checkpoint,
        // and the record says which parameters were read.
        try (MemoryScope scope = MemoryScope.scratch(NAME)) {
            long start = Node.now();
            Tensor y;
            long operations;
            try (Run run = new Run(0)) {
                y = function.apply(inputs);
                operations = run.count;
            }
            if (y.node() == null || y.node().serial() < start) {
                return scope.keep(y);
            }
            List<Tensor> parameters = forget(y.node(), start, inputs);
            Checkpoint checkpoint = new Checkpoint(function, Autocast.current(), operations);
            return scope.keep(Node.record(checkpoint, List.of(inputs), y.detach(), parameters));
        }
    }

    /** Lets go of what a run has recorded, and returns the leaves that it has read beside its inputs. */
    private static List<Tensor> forget(Node root, long start, Tensor[] inputs) {
        Set<Object> known = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Tensor input : inputs) {
            known.add(input.node() == null ? input : input.node());
        }
        List<Tensor> leaves = new ArrayList<>();
        Deque<Node> left = new ArrayDeque<>(List.of(root));
        while (!left.isEmpty()) {
            Node node = left.pop();
            for (Node.Edge edge : node.edges()) {
                if (edge == null || !known.add(edge.node() == null ? edge.leaf() : edge.node())) {
                    continue;
                }
                if (edge.node() == null) {
                    leaves.add(edge.leaf());
                } else if (edge.node().serial() >= start || isCastOfLeaf(edge.node())) {
                    left.add(edge.node());
                } else {
                    throw new MissingGradientException(NAME + ": the function reads a tensor that " + edge.node().name()
                            + " made outside of it and that a gradient flows through; pass it as an input, or detach() it");
                }
            }
            if (node.serial() >= start) {
                node.release();
            }
        }
        return leaves;
    }

    /** In mixed precision a weight's cast may have been made for somebody else before; the second run makes its own. */
    private static boolean isCastOfLeaf(Node node) {
        return node.op() instanceof Cast && node.edges()[0].leaf() != null;
    }

    /** The function's result once more, recorded, with the last operation left out if {@link #isLast} says so. */
    Tensor again(Node node) {
        try (GradMode.Scope on = GradMode.enableGrad(); Autocast asThen = Autocast.open(precision);
                Run run = new Run(operations)) {
            Tensor y = function.apply(node.checkpointInputs());
            if (run.count != operations || y.node() == null || !y.spec().equals(node.outputSpec(0))) {
                throw new MissingGradientException(String.format("%s: the function took %,d operations to a result %s and"
                        + " now %,d to %s; it must compute the same both times", NAME, operations, node.outputSpec(0),
                        run.count, y.spec()));
            }
            return y;
        }
    }

    /**
     * For the dispatcher, of every operation that it is about to run: whether it is the last of a function that runs
     * again, and its gradient does not read what it would compute. Casts do not count: mixed precision makes those that
     * it needs.
     */
    public static boolean isLast(Op op) {
        Run run = CURRENT.get();
        return run != null && !(op instanceof Cast) && ++run.count == run.operations && op.saves().outputs() == 0;
    }
}
