package dev.fathom.nn;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;

/**
 * A place in a model's tree of names. Building a module and naming its parameters is one act:
 * {@code new Linear(names.child("attn").child("qkv"), ...)} registers {@code ...attn.qkv.weight} and {@code .bias}.
 */
public final class Names {
    private final String path;
    private final ParameterSet set;

    private Names(String path, ParameterSet set) {
        this.path = path;
        this.set = set;
    }

    /** The root of a new model. */
    public static Names root() {
        return new Names("", new ParameterSet());
    }

    public Names child(String name) {
        return new Names(join(name), set);
    }

    public Names child(int index) {
        return child(Integer.toString(index));
    }

    /** Everything registered under this root so far, and later. */
    public ParameterSet set() {
        return set;
    }

    /** The path so far, for messages. */
    public String path() {
        return path;
    }

    /** Registers a weight, given its shape in PyTorch. */
    public Parameter parameter(String name, WeightLayout layout, Init init, int... torchShape) {
        return set.add(new Parameter(join(name), Shape.of(torchShape), layout, init, true, DType.F32));
    }

    /** Registers a buffer: saved with the model, not trained. */
    public Parameter buffer(String name, double value, int... torchShape) {
        return set.add(new Parameter(join(name), Shape.of(torchShape), WeightLayout.PLAIN, new Init.Constant(value),
                false, DType.F32));
    }

    /** Registers a 0-d int64 counter: saved with the model, not trained. */
    public Parameter counter(String name) {
        return set.add(new Parameter(join(name), Shape.SCALAR, WeightLayout.PLAIN, new Init.Constant(0), false,
                DType.I64));
    }

    private String join(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
