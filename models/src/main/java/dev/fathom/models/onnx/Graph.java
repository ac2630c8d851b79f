package dev.fathom.models.onnx;

import dev.fathom.engine.DType;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * An ONNX graph in the making: nodes in the order in which they run, the weights that they use, and small constants.
 * Parts of the network write into it through {@link Scope}s.
 */
final class Graph {
    /**
     * One operation.
     *
     * @param name unique, for messages of runtimes
     * @param type the operator: {@code MatMul}
     * @param inputs an empty name leaves an optional input out
     */
    record Node(String name, String type, List<Value> inputs, List<Value> outputs, List<Attribute> attributes) {
    }

    /**
     * A small tensor that is not a weight.
     *
     * @param dims empty for a scalar
     * @param bytes little-endian
     */
    record Constant(String name, DType dtype, List<Long> dims, byte[] bytes) {
    }

    private final Map<String, CheckpointTensor> state;
    private final List<Node> nodes = new ArrayList<>();
    private final SequencedMap<String, CheckpointTensor> weights = new LinkedHashMap<>();
    private final SequencedMap<String, Constant> constants = new LinkedHashMap<>();
    private final Set<String> names = new HashSet<>();

    /** @param state the weights that there are, under the official names */
    Graph(Map<String, CheckpointTensor> state) {
        this.state = state;
    }

    /** The part of the network whose names begin with nothing. */
    Scope root() {
        return new Scope(this, "");
    }

    List<Node> nodes() {
        return nodes;
    }

    /** The weights in use, float32, in the order of their first use. Those that no node asks for are left out. */
    SequencedMap<String, CheckpointTensor> weights() {
        return weights;
    }

    SequencedMap<String, Constant> constants() {
        return constants;
    }

    /** A weight by its full name; half precision is widened when it is written. */
    Value weight(String name) {
        CheckpointTensor tensor = state.get(name);
        if (tensor == null) {
            throw new IllegalStateException("the graph needs " + name + ", which a verified model must hold");
        }
        weights.putIfAbsent(name, tensor.as(DType.F32));
        return new Value(name);
    }

    /** A vector of int64; equal ones are stored once. */
    Value vector(long... values) {
        StringBuilder name = new StringBuilder("int64");
        ByteBuffer bytes = buffer(Long.BYTES * values.length);
        for (long v : values) {
            name.append('_').append(v);
            bytes.putLong(v);
        }
        return constant(new Constant(name.toString(), DType.I64, List.of((long) values.length), bytes.array()));
    }

    /** An int64 number of rank 0. */
    Value whole(long value) {
        return constant(new Constant("int64_scalar_" + value, DType.I64, List.of(),
                buffer(Long.BYTES).putLong(value).array()));
    }

    /** A float32 number of rank 0. */
    Value real(double value) {
        return constant(new Constant("float_" + (float) value, DType.F32, List.of(),
                buffer(Float.BYTES).putFloat((float) value).array()));
    }

    /** Adds a node with outputs of its own name. */
    List<Value> add(String path, String type, int outputs, List<Value> inputs, Attribute... attributes) {
        String name = unique(path + "/" + type);
        List<Value> made = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            made.add(new Value(name + ":" + i));
        }
        return add(name, type, made, inputs, attributes);
    }

    /** Adds a node with a name and outputs that the caller chooses. */
    List<Value> add(String name, String type, List<Value> outputs, List<Value> inputs, Attribute... attributes) {
        nodes.add(new Node(name, type, List.copyOf(inputs), List.copyOf(outputs), List.of(attributes)));
        return outputs;
    }

    private String unique(String wanted) {
        String name = wanted;
        for (int i = 1; !names.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    private Value constant(Constant constant) {
        constants.putIfAbsent(constant.name(), constant);
        return new Value(constant.name());
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
