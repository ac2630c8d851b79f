package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * Gradient of {@link Attention}. For one head, with the probabilities p_ij = e^(s q_i k_j - lse_i), s = 1 / sqrt(d),
 * and D_i = sum over c of dy_ic y_ic (which is the sum over j of p_ij dp_ij):
 * <pre>
 *   dv_j  = sum over i of p_ij dy_i          dp_ij = dy_i v_j
 *   ds_ij = p_ij (dp_ij - D_i)
 *   dq_i  = s sum over j of ds_ij k_j        dk_j  = s sum over i of ds_ij q_i
 * </pre>
 * (Dao et al. 2022, appendix B). Inputs: qkv [N, T, 3C], y [N, T, C], lse [N, heads, T], dy like y. Output: dqkv like
 * qkv.
 *
 * @param heads number of heads; divides C
 */
public record AttentionBackward(int heads) implements Op {
    @Override
    public String name() {
        return "attention_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 4);
        TensorSpec qkv = in.get(0);
        InferRules.isFloat(name(), "qkv", qkv);
        TensorSpec y = new TensorSpec(qkv.shape().with(2, Attention.channels(name(), qkv, heads)), qkv.dtype());
        InferRules.same(name(), "y", in.get(1), y);
        InferRules.same(name(), "lse", in.get(2), new Attention(heads).lse(qkv));
        InferRules.same(name(), "dy", in.get(3), y);
        return List.of(qkv);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray qkv = in.get(0);
        double[] x = qkv.data();
        NdArray y = in.get(1);
        double[] dy = in.get(3).data();
        double[] dx = out.get(0).data();
        Arrays.fill(dx, 0);
        int tokens = qkv.dim(1);
        int channels = y.dim(2);
        int size = channels / heads;
        double scale = 1 / Math.sqrt(size);
        double[] p = new double[tokens];
        for (int n = 0; n < qkv.dim(0); n++) {
            for (int h = 0; h < heads; h++) {
                for (int i = 0; i < tokens; i++) {
                    Attention.scores(qkv, heads, n, h, i, p);
                    double lse = in.get(2).data()[(n * heads + h) * tokens + i];
                    double d = 0;
                    for (int c = h * size; c < (h + 1) * size; c++) {
                        d += dy[y.at(n, i, c)] * y.data()[y.at(n, i, c)];
                    }
                    for (int j = 0; j < tokens; j++) {
                        p[j] = Math.exp(p[j] - lse);
                        double dp = 0;
                        for (int c = h * size; c < (h + 1) * size; c++) {
                            dp += dy[y.at(n, i, c)] * x[qkv.at(n, j, 2 * channels + c)];
                        }
                        double ds = p[j] * (dp - d);
                        for (int c = h * size; c < (h + 1) * size; c++) {
                            dx[qkv.at(n, i, c)] += scale * ds * x[qkv.at(n, j, channels + c)];
                            dx[qkv.at(n, j, channels + c)] += scale * ds * x[qkv.at(n, i, c)];
                            dx[qkv.at(n, j, 2 * channels + c)] += p[j] * dy[y.at(n, i, c)];
                        }
                    }
                }
            }
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        // The scores again, their gradients by dy, and dq, dk and dv.
        return OpCost.products(5 * Attention.product(in.get(0)), in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("gradients of gradients are not part of this engine");
    }
}
