package dev.fathom.engine.autograd;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.MissingGradientException;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.Saves;
import java.util.ArrayList;
import java.util.List;

/**
 * One recorded step: the operation, where its inputs came from, and the tensors its gradient reads (only those, see
 * {@link Saves}). Saved tensors are held through {@code Storage.retain}, so they outlive scratch scopes and are freed
 * when backward has used them.
 */
public final class Node {
    /** Where a gradient goes: to output {@code slot} of an earlier node, or to a leaf. */
    record Edge(Node node, int slot, Tensor leaf) {
    }

    private final Op op;
    private final Device device;
    private final List<TensorSpec> inputSpecs;
    private final List<TensorSpec> outputSpecs;
    private final Edge[] edges;
    private final Tensor[] savedInputs;
    private final Tensor[] savedOutputs;
    private boolean released;

    private Node(Op op, List<Tensor> in, List<Tensor> out) {
        this.op = op;
        this.device = out.get(0).device();
        this.inputSpecs = in.stream().map(TensorSpec::of).toList();
        this.outputSpecs = out.stream().map(TensorSpec::of).toList();
        this.edges = new Edge[in.size()];
        this.savedInputs = new Tensor[in.size()];
        this.savedOutputs = new Tensor[out.size()];
    }

    /** Records a step that has run, and returns its outputs tied to it. */
    public static List<Tensor> record(Op op, List<Tensor> in, List<Tensor> out) {
        Node node = new Node(op, in, out);
        Saves saves = op.saves();
        for (int i = 0; i < in.size(); i++) {
            Tensor t = in.get(i);
            if (t.requiresGrad() && op.differentiability().flowsTo(i)) {
                node.edges[i] = t.node() == null ? new Edge(null, 0, t) : new Edge(t.node(), t.slot(), null);
            }
            if (saves.input(i)) {
                node.savedInputs[i] = t.detach();
                t.storage().retain();
            }
        }
        List<Tensor> recorded = new ArrayList<>(out.size());
        for (int i = 0; i < out.size(); i++) {
            if (saves.output(i)) {
                node.savedOutputs[i] = out.get(i);
                out.get(i).storage().retain();
            }
            recorded.add(out.get(i).recordedBy(node, i));
        }
        return recorded;
    }

    public Op op() {
        return op;
    }

    Device device() {
        return device;
    }

    Edge[] edges() {
        return edges;
    }

    TensorSpec inputSpec(int i) {
        return inputSpecs.get(i);
    }

    TensorSpec outputSpec(int i) {
        return outputSpecs.get(i);
    }

    int outputs() {
        return outputSpecs.size();
    }

    Tensor savedInput(int i) {
        return saved(savedInputs[i], "input " + i);
    }

    Tensor savedOutput(int i) {
        return saved(savedOutputs[i], "output " + i);
    }

    private Tensor saved(Tensor t, String what) {
        if (released) {
            throw new MissingGradientException(op.name()
                    + ": backward ran through this step already and freed what it needs;"
                    + " run the forward pass again");
        }
        if (t == null) {
            throw new MissingGradientException(op.name() + ": its gradient reads " + what
                    + ", which its Saves does not name");
        }
        return t;
    }

    /** Lets go of the saved tensors. Their memory is recycled at once if nobody else holds it. */
    void release() {
        if (released) {
            return;
        }
        released = true;
        release(savedInputs);
        release(savedOutputs);
    }

    private static void release(Tensor[] tensors) {
        for (int i = 0; i < tensors.length; i++) {
            if (tensors[i] != null) {
                tensors[i].storage().release();
                tensors[i] = null;
            }
        }
    }
}
