package dev.fathom.engine.autograd;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.MissingGradientException;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.memory.Storage;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.InferRules;
import dev.fathom.engine.ops.Op;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reverse-mode differentiation of what was recorded.
 *
 * <p>Iterative (deep networks do not overflow the stack); prunes first, so that gradients nobody asked for are never
 * computed; takes over the first gradient of a tensor and adds later ones in place, always in the same order, so that
 * the same program gives the same bits; frees a step's saved tensors as soon as its gradient is done.
 * Where a {@link Checkpoint} stands, its function is run again first.
 *
 * <p>A gradient has the shape and the dtype of what it is the gradient of, with one exception: the gradient of a 16-bit
 * tensor may be float32. Products give the gradient of a weight so. Where that weight is a master weight's cast, its sum
 * reaches the master weight without ever having been rounded to 16 bits; everything else rounds it on arrival.
 */
public final class Backward {
    private final Map<Node, Tensor[]> pending = new IdentityHashMap<>();
    private final Map<Node, Boolean> wanted = new IdentityHashMap<>();
    private final Map<Tensor, Boolean> leaves;
    private final Gradients result = new Gradients();
    /** In how many places a gradient's bytes are waiting: only a lone one may be added to in place, or freed. */
    private final Map<Storage, Integer> holders = new IdentityHashMap<>();

    private Backward(Map<Tensor, Boolean> leaves) {
        this.leaves = leaves;
    }

    /** Gradients of a scalar by every leaf that asked for one. */
    public static Gradients of(Tensor loss) {
        if (loss.numel() != 1) {
            throw new ShapeException("backward: the loss must have one element, got " + loss.spec()
                    + "; pass its cotangent");
        }
        return of(loss, Tensors.full(loss.spec(), loss.device(), 1), null);
    }

    /**
     * Vector-Jacobian product.
     *
     * @param output what to differentiate
     * @param cotangent gradient of the loss by {@code output}, of its shape
     * @param leaves the leaves wanted, or null for all that require a gradient
     */
    public static Gradients of(Tensor output, Tensor cotangent, List<Tensor> leaves) {
        if (!output.requiresGrad()) {
            throw new MissingGradientException("backward: " + output.spec()
                    + " depends on nothing that asked for a gradient"
                    + " (was it computed under noGrad?)");
        }
        if (!cotangent.spec().equals(output.spec())) {
            throw new ShapeException("backward: the cotangent " + cotangent.spec() + " must be like the output "
                    + output.spec());
        }
        Map<Tensor, Boolean> set = null;
        if (leaves != null) {
            set = new IdentityHashMap<>();
            for (Tensor leaf : leaves) {
                set.put(leaf, true);
            }
        }
        Backward backward = new Backward(set);
        try (GradMode.Scope off = GradMode.noGrad(); Autocast asSaved = Autocast.off()) {
            backward.run(output, cotangent);
        } finally {
            Dispatcher.beginGradient(null);
        }
        return backward.result;
    }

    private void run(Tensor output, Tensor cotangent) {
        if (output.node() == null) {
            result.put(output, Tensors.convert(cotangent, cotangent.dtype(), cotangent.device()));
            return;
        }
        hold(cotangent);
        hold(cotangent);
        walkFrom(output, cotangent);
    }

    private void walkFrom(Tensor output, Tensor cotangent) {
        List<Node> order = topological(output.node());
        slots(output.node())[output.slot()] = cotangent;
        for (Node node : order) {
            Tensor[] gradOutputs = pending.remove(node);
            if (gradOutputs != null) {
                if (node.checkpoint() != null && wanted.get(node)) {
                    recompute(node, gradOutputs[0]);
                } else {
                    step(node, gradOutputs);
                }
            }
            node.release();
        }
    }

    /**
     * Runs a checkpoint's function again, recorded, and walks through what it recorded instead of the checkpoint. Its
     * gradients go straight to where they would have gone without one, so their sums have the same order and bits.
     */
    private void recompute(Node node, Tensor gradOutput) {
        Tensor again;
        try (MemoryScope scope = MemoryScope.scratch("recompute")) {
            again = node.checkpoint().again(node);
        }
        node.release();
        walkFrom(again, gradOutput);
    }

    /**
     * Nodes that were not walked yet and lead to a wanted leaf, each before those that made its inputs.
     */
    private List<Node> topological(Node root) {
        List<Node> postOrder = new ArrayList<>();
        Map<Node, Integer> next = new IdentityHashMap<>();
        Deque<Node> stack = new ArrayDeque<>();
        stack.push(root);
        next.put(root, 0);
        while (!stack.isEmpty()) {
            Node node = stack.peek();
            int i = next.get(node);
            if (i == node.edges().length) {
                stack.pop();
                wanted.put(node, leadsToWanted(node));
                postOrder.add(node);
                continue;
            }
            next.put(node, i + 1);
            Node.Edge edge = node.edges()[i];
            if (edge != null && edge.node() != null && !next.containsKey(edge.node())
                    && !wanted.containsKey(edge.node())) {
                next.put(edge.node(), 0);
                stack.push(edge.node());
            }
        }
        return postOrder.reversed();
    }

    private boolean leadsToWanted(Node node) {
        for (Node.Edge edge : node.edges()) {
            if (edge != null && wants(edge)) {
                return true;
            }
        }
        return false;
    }

    private boolean wants(Node.Edge edge) {
        return edge.node() != null ? wanted.get(edge.node()) : leaves == null || leaves.containsKey(edge.leaf());
    }

    private void step(Node node, Tensor[] gradOutputs) {
        Node.Edge[] edges = node.edges();
        boolean[] needed = new boolean[edges.length];
        boolean any = false;
        for (int i = 0; i < edges.length; i++) {
            needed[i] = edges[i] != null && wants(edges[i]);
            any |= needed[i];
        }
        MemoryScope outer = MemoryScope.current();
        List<Tensor> done = new ArrayList<>(Arrays.asList(gradOutputs));
        if (any) {
            Dispatcher.beginGradient(node.op());
            try (MemoryScope scope = MemoryScope.open("backward " + node.op().name())) {
                Tensor[] grads = node.op().backward(new BackwardCall(node, gradOutputs, needed, i -> {
                    Tensor arrived = takeArrived(edges[i], node.inputSpec(i));
                    done.add(arrived);
                    return arrived;
                }));
                checkGradients(node, grads, needed);
                for (int i = 0; i < edges.length; i++) {
                    if (needed[i]) {
                        deliver(edges[i], grads[i], scope, outer);
                    }
                }
            }
        }
        for (Tensor g : done) {
            if (g != null && letGo(g) == 0) {
                outer.drop(g);
            }
        }
    }

    /** What waits at the other end of an edge, taken away; null if that is nothing or of another dtype. */
    private Tensor takeArrived(Node.Edge edge, TensorSpec spec) {
        if (edge.node() == null) {
            return null;
        }
        Tensor[] waiting = slots(edge.node());
        Tensor arrived = waiting[edge.slot()];
        if (arrived == null || !arrived.spec().equals(spec)) {
            return null;
        }
        waiting[edge.slot()] = null;
        return arrived;
    }

    private void deliver(Node.Edge edge, Tensor delivered, MemoryScope scope, MemoryScope outer) {
        Tensor gradient = edge.node() == null ? Cast.of(delivered, edge.leaf().dtype()) : delivered;
        Tensor before = edge.node() == null ? result.of(edge.leaf()) : slots(edge.node())[edge.slot()];
        Tensor after;
        if (before == null) {
            after = scope.keep(gradient);
            hold(after);
        } else {
            DType sum = before.dtype() == gradient.dtype() ? before.dtype() : InferRules.wide(before.dtype());
            if (holders.get(before.storage()) > 1 || before.dtype() != sum) {
                after = scope.keep(copy(before, sum));
                if (letGo(before) == 0) {
                    outer.drop(before);
                }
                hold(after);
            } else {
                after = before;
            }
            Dispatcher.run(new AddInPlace(), after, Cast.of(gradient, sum));
        }
        if (edge.node() == null) {
            result.put(edge.leaf(), after);
        } else {
            slots(edge.node())[edge.slot()] = after;
        }
    }

    private static Tensor copy(Tensor t, DType dtype) {
        return t.dtype() == dtype ? Tensors.convert(t, dtype, t.device()) : Cast.of(t, dtype);
    }

    private void hold(Tensor gradient) {
        holders.merge(gradient.storage(), 1, Integer::sum);
    }

    /** Returns how many places still hold these bytes. */
    private int letGo(Tensor gradient) {
        Integer left = holders.computeIfPresent(gradient.storage(), (s, n) -> n == 1 ? null : n - 1);
        return left == null ? 0 : left;
    }

    private Tensor[] slots(Node node) {
        return pending.computeIfAbsent(node, n -> new Tensor[n.outputs()]);
    }

    private static boolean fits(Tensor gradient, TensorSpec input) {
        return gradient.shape().equals(input.shape())
                && (gradient.dtype() == input.dtype() || gradient.dtype() == InferRules.wide(input.dtype()));
    }

    private static void checkGradients(Node node, Tensor[] grads, boolean[] needed) {
        Op op = node.op();
        if (grads.length != needed.length) {
            throw new MissingGradientException(op.name() + ": backward returned " + grads.length + " gradients for "
                    + needed.length + " inputs");
        }
        for (int i = 0; i < needed.length; i++) {
            if (needed[i] && grads[i] == null) {
                throw new MissingGradientException(op.name() + ": backward returned no gradient for input " + i);
            }
            if (needed[i] && !fits(grads[i], node.inputSpec(i))) {
                throw new MissingGradientException(op.name() + ": the gradient of input " + i + " is " + grads[i].spec()
                        + ", the input was " + node.inputSpec(i));
            }
        }
    }
}
