package dev.fathom.engine.autograd;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.MissingGradientException;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.Saves;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One recorded step: the operation, where its inputs came from, and the tensors its gradient reads (only those, see
 * {@link Saves}). Saved tensors are held through {@code Storage.retain}, so they outlive scratch scopes and are freed
 * when backward has used them.
 *
 * <p>A {@link Checkpoint} is one step too, whatever its function computed: it saves the function's inputs, and what
 * comes after those among its edges are the parameters that the function read.
 */
public final class Node {
    /** Where a gradient goes: to output {@code slot} of an earlier node, or to a leaf. */
    record Edge(Node node, int slot, Tensor leaf) {
    }

    private static final AtomicLong RECORDED = new AtomicLong();

    private final long serial = RECORDED.getAndIncrement();
    /** What ran; null for a checkpoint. */
    private final Op op;
    /** What to run again; null for an operation. */
    private final Checkpoint checkpoint;
    private final Device device;
    private final List<TensorSpec> inputSpecs;
    private final List<TensorSpec> outputSpecs;
    private final Edge[] edges;
    private final Tensor[] savedInputs;
    private final Tensor[] savedOutputs;
    private boolean released;

    private Node(Op op, Checkpoint checkpoint, List<Tensor> in, List<Tensor> out, int edges) {
        this.op = op;
        this.checkpoint = checkpoint;
        this.device = out.get(0).device();
        this.inputSpecs = in.stream().map(TensorSpec::of).toList();
        this.outputSpecs = out.stream().map(TensorSpec::of).toList();
        this.edges = new Edge[edges];
        this.savedInputs = new Tensor[in.size()];
        this.savedOutputs = new Tensor[out.size()];
    }

    /** Records a step that has run, and returns its outputs tied to it. */
    public static List<Tensor> record(Op op, List<Tensor> in, List<Tensor> out) {
        Node node = new Node(op, null, in, out, in.size());
        for (int i = 0; i < in.size(); i++) {
            Tensor t = in.get(i);
            if (t.requiresGrad() && op.differentiability().flowsTo(i)) {
                node.edges[i] = edge(t);
            }
        }
        Saves saves = op.saves(i -> node.edges[i] != null);
        for (int i = 0; i < in.size(); i++) {
            if (saves.input(i)) {
                node.saveInput(i, in.get(i));
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

    /**
     * Records a function as one step.
     *
     * @param out what it computed
     * @param parameters the leaves that it read beside its inputs
     */
    static Tensor record(Checkpoint checkpoint, List<Tensor> in, Tensor out, List<Tensor> parameters) {
        Node node = new Node(null, checkpoint, in, List.of(out), in.size() + parameters.size());
        for (int i = 0; i < in.size(); i++) {
            node.edges[i] = in.get(i).requiresGrad() ? edge(in.get(i)) : null;
            node.saveInput(i, in.get(i));
        }
        for (int i = 0; i < parameters.size(); i++) {
            node.edges[in.size() + i] = edge(parameters.get(i));
        }
        return out.recordedBy(node, 0);
    }

    private static Edge edge(Tensor t) {
        return t.node() == null ? new Edge(null, 0, t) : new Edge(t.node(), t.slot(), null);
    }

    private void saveInput(int i, Tensor t) {
        savedInputs[i] = t.detach();
        t.storage().retain();
    }

    /** Steps recorded before this number are older than what is recorded from now on. */
    static long now() {
        return RECORDED.get();
    }

    long serial() {
        return serial;
    }

    public Op op() {
        return op;
    }

    Checkpoint checkpoint() {
        return checkpoint;
    }

    /** What an error calls this step. */
    String name() {
        return op != null ? op.name() : Checkpoint.NAME;
    }

    /**
     * The inputs of a checkpoint as they were given, so that what is computed from them leads to where they came from.
     */
    Tensor[] checkpointInputs() {
        Tensor[] inputs = new Tensor[savedInputs.length];
        for (int i = 0; i < inputs.length; i++) {
            Tensor t = savedInput(i);
            Edge edge = edges[i];
            inputs[i] = edge == null ? t : edge.leaf != null ? edge.leaf : t.recordedBy(edge.node, edge.slot);
        }
        return inputs;
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
            throw new MissingGradientException(name()
                    + ": backward ran through this step already and freed what it needs;"
                    + " run the forward pass again");
        }
        if (t == null) {
            throw new MissingGradientException(name() + ": its gradient reads " + what
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
        for (int i = 0; i < savedInputs.length; i++) {
            releaseInput(i);
        }
        for (int i = 0; i < savedOutputs.length; i++) {
            releaseOutput(i);
        }
    }

    /** Lets go of one saved input. */
    void releaseInput(int i) {
        release(savedInputs, i);
    }

    /** Lets go of one saved output. */
    void releaseOutput(int i) {
        release(savedOutputs, i);
    }

    private static void release(Tensor[] tensors, int i) {
        if (tensors[i] != null) {
            tensors[i].storage().release();
            tensors[i] = null;
        }
    }
}
