package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/** dx = y (dy - sum over the row of dy y), the gradient of {@link Softmax}. Inputs: y and dy, both [..., C]. */
public record SoftmaxBackward() implements Op {
    @Override
    public String name() {
        return "softmax_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 2);
        InferRules.isFloat(name(), "y", in.get(0));
        InferRules.atLeastRank(name(), "y", in.get(0), 1, "[..., C]");
        InferRules.same(name(), "dy", in.get(1), in.get(0));
        return List.of(in.get(0));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] y = in.get(0).data();
        double[] dy = in.get(1).data();
        double[] dx = out.get(0).data();
        int channels = in.get(0).dim(-1);
        for (int at = 0; at < y.length; at += channels) {
            double dot = 0;
            for (int c = 0; c < channels; c++) {
                dot += dy[at + c] * y[at + c];
            }
            for (int c = 0; c < channels; c++) {
                dx[at + c] = y[at + c] * (dy[at + c] - dot);
            }
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("gradients of gradients are not part of this engine");
    }
}
