package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * y = residual + gamma * (x Wᵀ + b): what ends both halves of a transformer block with layer scale (Touvron et al.
 * 2021), done while the product is still in registers. x [..,I], weight [O,I], gamma [O], residual [..,O] and, if there
 * is one, bias [O]; y like residual. {@code residual + gamma * F.linear(x, weight, bias)}.
 *
 * <p>Beside 16-bit x and weight, gamma and bias are float32, and so is the residual, or 16-bit like x; all is added up
 * in float32 and y rounded once, if it is 16-bit at all. Under {@code Autocast} the residual stream is float32.
 *
 * <p>Gradient, with g = dy and without ever keeping the branch z = x Wᵀ + b, or a scaled copy of g: dresidual = g;
 * dx = g (diag(gamma) W), so that the small weight is scaled and not the many rows of g; and from the two sums over
 * rows G = gᵀ x and s = sum of g, which the weight and the bias want anyway, {@link LayerScaleBackward} makes dweight =
 * diag(gamma) G, dbias = gamma s and dgamma[o] = sum over rows of g z = &lt;weight[o], G[o]&gt; + bias[o] s[o].
 *
 * <p>In float16 diag(gamma) W is a 16-bit number too, below 6e-5 with fewer digits: with gammas of 1e-3 throughout a
 * layer the gradient of x is off by 7e-4 (4e-4 with gammas of 1, the rounding of any float16 product), with 1e-4 by
 * 6e-3, with 1e-5, where DINOv2's own training starts from, by 6e-2 (measured, 384 channels). bfloat16 does not mind.
 *
 * @param bias whether a fifth argument is added before the scale
 */
public record LinearResidual(boolean bias) implements Op {
    /** residual + gamma * (x Wᵀ + b); {@code bias} may be null. */
    public static Tensor of(Tensor x, Tensor weight, Tensor bias, Tensor gamma, Tensor residual) {
        LinearResidual op = new LinearResidual(bias != null);
        return bias == null ? Dispatcher.run1(op, x, weight, gamma, residual)
                : Dispatcher.run1(op, x, weight, gamma, residual, bias);
    }

    @Override
    public String name() {
        return "linear_residual";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, bias ? 5 : 4);
        TensorSpec x = in.get(0);
        TensorSpec weight = in.get(1);
        InferRules.isFloat(name(), "x", x);
        InferRules.sameDType(name(), "x", x, "weight", weight);
        InferRules.rank(name(), "weight", weight, 2, "[O,I]");
        InferRules.extent(name(), "x", x, -1, weight.dim(1), "weight" + weight.shape() + " axis 1");
        InferRules.isWide(name(), "gamma", in.get(2), x);
        InferRules.vector(name(), "gamma", in.get(2), weight.dim(0), "weight" + weight.shape() + " axis 0");
        if (bias) {
            InferRules.bias(name(), x, weight, 0, in.get(4));
        }
        TensorSpec residual = in.get(3);
        TensorSpec y = new TensorSpec(x.shape().with(-1, weight.dim(0)), residual.dtype());
        InferRules.same(name(), "residual", residual, y);
        if (residual.dtype() != x.dtype()) {
            InferRules.isWide(name(), "residual", residual, x);
        }
        return List.of(y);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] w = in.get(1).data();
        double[] gamma = in.get(2).data();
        double[] residual = in.get(3).data();
        double[] y = out.get(0).data();
        int o = in.get(1).dim(0);
        int n = in.get(1).dim(1);
        for (int r = 0; r < y.length / Math.max(1, o); r++) {
            for (int j = 0; j < o; j++) {
                double z = bias ? in.get(4).data()[j] : 0;
                for (int i = 0; i < n; i++) {
                    z += x[r * n + i] * w[j * n + i];
                }
                y[r * o + j] = residual[r * o + j] + gamma[j] * z;
            }
        }
    }

    @Override
    public CastRule castRule() {
        return CastRule.half(0, 1);
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.products(out.get(0).shape().numel() * in.get(1).dim(1), in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return bias ? Saves.inputs(0, 1, 2, 4) : Saves.inputs(0, 1, 2);
    }

    /** x is for the gradients of the weight and of gamma. */
    @Override
    public Saves saves(IntPredicate flows) {
        return flows.test(1) || flows.test(2) ? saves() : saves().withoutInput(0);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor[] grads = new Tensor[call.inputs()];
        Tensor g = call.gradOutput(0);
        grads[3] = call.needs(3) ? g : null;
        Shape x = call.inputSpec(0).shape();
        Tensor weight = call.input(1);
        Tensor gamma = call.input(2);
        int count = Math.toIntExact(x.product(0, x.rank() - 1));
        Tensor rows = g.reshape(count, weight.dim(0));
        if (call.needs(1) || call.needs(2)) {
            parameters(call, rows, grads);
        } else {
            if (call.needs(0)) {
                grads[0] = gradientOfX(rows, weight, gamma).reshape(x);
            }
            if (bias && call.needs(4)) {
                grads[4] = Binary.mul(SumTo.of(rows, gamma.spec()), gamma);
            }
        }
        return grads;
    }

    /** The usual case: the weight and gamma learn, and x has a gradient too. */
    private void parameters(BackwardCall call, Tensor dy, Tensor[] grads) {
        Tensor weight = call.input(1);
        Tensor gamma = call.input(2);
        Tensor x = call.input(0);
        Tensor rows = dy;
        Tensor sums = null;
        if (dy.dtype() != weight.dtype()) {
            List<Tensor> both = Dispatcher.run(new CastWithSums(weight.dtype()), dy);
            rows = both.get(0);
            sums = both.get(1);
        } else if (bias) {
            sums = SumTo.of(dy, gamma.spec());
        }
        Tensor product = MatMul.weightGradient(rows, x.reshape(rows.dim(0), x.dim(-1)));
        Op op = new LayerScaleBackward(bias, call.needs(0));
        List<Tensor> scale = bias ? Dispatcher.run(op, weight, gamma, product, call.input(4), sums)
                : Dispatcher.run(op, weight, gamma, product);
        grads[1] = scale.get(0);
        grads[2] = scale.get(1);
        if (bias) {
            grads[4] = scale.get(2);
        }
        if (call.needs(0)) {
            grads[0] = MatMul.of(rows, scale.getLast()).reshape(x.shape());
        }
    }

    /** With a weight and a gamma that do not learn; the same bits as with ones that do. */
    private static Tensor gradientOfX(Tensor rows, Tensor weight, Tensor gamma) {
        Tensor scaled = Binary.mul(Cast.of(weight, gamma.dtype()), gamma.reshape(weight.dim(0), 1));
        return MatMul.of(Cast.of(rows, weight.dtype()), Cast.of(scaled, weight.dtype()));
    }
}
