package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * Multi-head self-attention on packed projections (Vaswani et al. 2017), every token seeing every token:
 * for each head, y = softmax(q k^T / sqrt(d)) v. {@code F.scaled_dot_product_attention} on what ViT's {@code qkv} layer
 * gives.
 *
 * <p>Inputs: qkv [N, T, 3C], in the order of DINOv2: the C values of q, then of k, then of v, each head by head, with d
 * = C / heads values a head. Outputs: y [N, T, C], the heads side by side; lse [N, heads, T], the logarithm of each
 * softmax's denominator (log sum e^(scores)), float32 for 16-bit qkv, which only the gradient reads ({@link
 * AttentionBackward}), so {@link #of} hands out y alone.
 *
 * <p>Numerics and memory: kernels go through the keys in blocks with a running maximum and a running sum (Milakov,
 * Gimelshein 2018; Dao et al. 2022), so the T x T scores never exist; the gradient computes them again from lse.
 *
 * @param heads number of heads; divides C
 */
public record Attention(int heads) implements Op {
    /** y alone. */
    public static Tensor of(Tensor qkv, int heads) {
        return Dispatcher.run(new Attention(heads), qkv).get(0);
    }

    @Override
    public String name() {
        return "attention";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        TensorSpec qkv = in.get(0);
        InferRules.isFloat(name(), "qkv", qkv);
        int channels = channels(name(), qkv, heads);
        return List.of(new TensorSpec(qkv.shape().with(2, channels), qkv.dtype()), lse(qkv));
    }

    /** C of a qkv [N, T, 3C] that suits this number of heads. */
    static int channels(String op, TensorSpec qkv, int heads) {
        InferRules.rank(op, "qkv", qkv, 3, "[N, T, 3C]");
        if (heads < 1 || qkv.dim(2) == 0 || qkv.dim(2) % (3 * heads) != 0) {
            throw new ShapeException(op + ": qkv" + qkv.shape() + " must be [N, T, 3C] with C a multiple of " + heads
                    + " heads");
        }
        return qkv.dim(2) / 3;
    }

    /**
     * The spec of lse: float32 for 16-bit qkv. The gradient takes e to the power of its differences, so that an error
     * of lse is a relative error of every probability of its row: 3 % in bfloat16, where lse is about 8.
     */
    TensorSpec lse(TensorSpec qkv) {
        return new TensorSpec(Shape.of(qkv.dim(0), heads, qkv.dim(1)), InferRules.wide(qkv.dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray qkv = in.get(0);
        NdArray y = out.get(0);
        int tokens = qkv.dim(1);
        int size = y.dim(2) / heads;
        double[] p = new double[tokens];
        for (int n = 0; n < qkv.dim(0); n++) {
            for (int h = 0; h < heads; h++) {
                for (int i = 0; i < tokens; i++) {
                    scores(qkv, heads, n, h, i, p);
                    double lse = logSumExp(p);
                    out.get(1).data()[(n * heads + h) * tokens + i] = lse;
                    for (int c = h * size; c < (h + 1) * size; c++) {
                        double sum = 0;
                        for (int j = 0; j < tokens; j++) {
                            sum += Math.exp(p[j] - lse) * qkv.data()[qkv.at(n, j, 2 * y.dim(2) + c)];
                        }
                        y.data()[y.at(n, i, c)] = sum;
                    }
                }
            }
        }
    }

    /** Writes q_i k_j / sqrt(d) of head h for every key j. */
    static void scores(NdArray qkv, int heads, int n, int h, int i, double[] scores) {
        int channels = qkv.dim(2) / 3;
        int size = channels / heads;
        for (int j = 0; j < scores.length; j++) {
            double dot = 0;
            for (int c = h * size; c < (h + 1) * size; c++) {
                dot += qkv.data()[qkv.at(n, i, c)] * qkv.data()[qkv.at(n, j, channels + c)];
            }
            scores[j] = dot / Math.sqrt(size);
        }
    }

    private static double logSumExp(double[] scores) {
        double max = Arrays.stream(scores).max().orElse(0);
        double sum = 0;
        for (double score : scores) {
            sum += Math.exp(score - max);
        }
        return max + Math.log(sum);
    }

    @Override
    public CastRule castRule() {
        return CastRule.half(0);
    }

    /** Multiply-adds of one product of T x d by d x T, all heads and pictures together. */
    static long product(TensorSpec qkv) {
        return (long) qkv.dim(0) * qkv.dim(1) * qkv.dim(1) * (qkv.dim(2) / 3);
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        // The scores, and their weighted sum of the values.
        return OpCost.products(2 * product(in.get(0)), in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return Saves.inputs(0).andOutputs(0, 1);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        return new Tensor[] {Dispatcher.run1(new AttentionBackward(heads), call.input(0), call.output(0),
                call.output(1), call.gradOutput(0))};
    }
}
