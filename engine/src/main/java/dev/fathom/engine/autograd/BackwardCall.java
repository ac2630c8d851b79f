package dev.fathom.engine.autograd;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.ops.Cast;
import java.util.function.IntFunction;

/** What {@link dev.fathom.engine.ops.Op#backward} sees of a recorded step. */
public final class BackwardCall {
    private final Node node;
    private final Tensor[] gradOutputs;
    private final boolean[] needed;
    private final IntFunction<Tensor> arrived;

    BackwardCall(Node node, Tensor[] gradOutputs, boolean[] needed, IntFunction<Tensor> arrived) {
        this.node = node;
        this.gradOutputs = gradOutputs;
        this.needed = needed;
        this.arrived = arrived;
    }

    /** A saved input; named by {@code Saves.inputs}. */
    public Tensor input(int i) {
        return node.savedInput(i);
    }

    /** A saved output; named by {@code Saves.outputs}. */
    public Tensor output(int i) {
        return node.savedOutput(i);
    }

    /** For a saved input that this gradient does not read any more: it is freed now, before more is allocated. */
    public void doneWithInput(int i) {
        node.releaseInput(i);
    }

    /** For a saved output that this gradient does not read any more. */
    public void doneWithOutput(int i) {
        node.releaseOutput(i);
    }

    /** Whether anything used that output, that is whether {@link #gradOutput} is more than zeros. */
    public boolean hasGradOutput(int i) {
        return gradOutputs[i] != null;
    }

    public TensorSpec inputSpec(int i) {
        return node.inputSpec(i);
    }

    public TensorSpec outputSpec(int i) {
        return node.outputSpec(i);
    }

    /** The gradient of the loss by an output, in its dtype; zeros where nothing used that output. */
    public Tensor gradOutput(int i) {
        return Cast.of(wideGradOutput(i), node.outputSpec(i).dtype());
    }

    /** The same, but left in float32 where it arrived so although the output is 16-bit: see {@link Backward}. */
    public Tensor wideGradOutput(int i) {
        return gradOutputs[i] != null ? gradOutputs[i] : Tensors.zeros(node.outputSpec(i), node.device());
    }

    /**
     * The gradient of a needed input that has arrived already, from whatever used that input later, in the input's dtype; null
     * if there is none. It is taken away: the caller adds it to the gradient that it returns. For operations that can do so
     * while they write theirs; otherwise the sum is made after them, in another pass over memory.
     */
    public Tensor takeArrived(int input) {
        return needed[input] ? arrived.apply(input) : null;
    }

    /** Number of inputs. */
    public int inputs() {
        return needed.length;
    }

    /** Whether somebody asked for the gradient of this input: what nobody asked for is not computed. */
    public boolean needs(int input) {
        return needed[input];
    }
}
