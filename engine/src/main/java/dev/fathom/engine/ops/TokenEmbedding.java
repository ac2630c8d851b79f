package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The sequence that a vision transformer starts with (Dosovitskiy et al. 2021): the class token in front of the
 * patches, and the position embedding added to all of them.
 *
 * <pre>y[n,0] = cls + position[0]        y[n,1+p] = patches[n,p] + position[1+p]</pre>
 *
 * <p>Arguments patches [N,P,D], cls [1,1,D], position [1,1+P,D]; y [N,1+P,D]. {@code torch.cat((cls.expand(N, -1, -1),
 * patches), 1) + position}.
 *
 * <p>Beside 16-bit patches cls and position are float32, and so is y: the residual stream that every block adds to.
 *
 * <p>Gradient: dpatches = dy without its first rows, dposition = dy summed over n, dcls = the first row of dposition.
 */
public record TokenEmbedding() implements Op {
    public static Tensor of(Tensor patches, Tensor cls, Tensor position) {
        return Dispatcher.run1(new TokenEmbedding(), patches, cls, position);
    }

    @Override
    public String name() {
        return "token_embedding";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 3);
        TensorSpec patches = in.get(0);
        InferRules.isFloat(name(), "patches", patches);
        InferRules.rank(name(), "patches", patches, 3, "[N,P,D]");
        int tokens = 1 + patches.dim(1);
        int width = patches.dim(2);
        DType wide = InferRules.wide(patches.dtype());
        InferRules.same(name(), "cls", in.get(1), new TensorSpec(Shape.of(1, 1, width), wide));
        InferRules.same(name(), "position", in.get(2), new TensorSpec(Shape.of(1, tokens, width), wide));
        return List.of(new TensorSpec(Shape.of(patches.dim(0), tokens, width), wide));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray patches = in.get(0);
        NdArray y = out.get(0);
        double[] position = in.get(2).data();
        int row = y.dim(1) * y.dim(2);
        for (int n = 0; n < y.dim(0); n++) {
            for (int i = 0; i < row; i++) {
                int inPatches = i - y.dim(2);
                double token = inPatches < 0 ? in.get(1).data()[i]
                        : patches.data()[n * (row - y.dim(2)) + inPatches];
                y.data()[n * row + i] = token + position[i];
            }
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor dy = call.gradOutput(0);
        Tensor[] grads = new Tensor[3];
        if (call.needs(0)) {
            grads[0] = Slice.of(dy, 1, 1, dy.dim(1) - 1);
        }
        if (call.needs(2)) {
            grads[2] = SumTo.of(dy, call.inputSpec(2).shape());
        }
        if (call.needs(1)) {
            grads[1] = SumTo.of(Slice.of(grads[2] == null ? dy : grads[2], 1, 0, 1),
                    call.inputSpec(1).shape());
        }
        return grads;
    }
}
