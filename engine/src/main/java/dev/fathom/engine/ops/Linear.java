package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * y = act(x Wᵀ + b) over the last axis: x [..,I], weight [O,I], bias [O] (optional), y [..,O]. {@code
 * torch.nn.functional.linear}, with the exact GELU that follows it in a ViT's MLP done while the product is still in
 * registers.
 *
 * <p>Of 16-bit x and weight, y is 16-bit; the bias is float32 and added before the only rounding.
 *
 * <p>Gradient: with g = dy (or dy gelu'(z)): dx = g W, dW = gᵀ x, db = sum of g over rows. With GELU the value z before
 * the activation is a second output, kept for the gradient; inference leaves it out ({@code keepPreactivation} false).
 *
 * @param bias whether a third argument is added
 * @param activation what follows the product
 * @param keepPreactivation whether z is a second output; only with an activation
 */
public record Linear(boolean bias, Activation activation, boolean keepPreactivation) implements Op {
    /** What follows the product. */
    public enum Activation { NONE, GELU }

    public Linear {
        if (keepPreactivation && activation == Activation.NONE) {
            throw new IllegalArgumentException("linear without an activation has no value before it to keep");
        }
    }

    /** x Wᵀ + b; {@code bias} may be null. */
    public static Tensor of(Tensor x, Tensor weight, Tensor bias) {
        return run(x, weight, bias, Activation.NONE, false);
    }

    /** gelu(x Wᵀ + b); {@code bias} may be null. */
    public static Tensor gelu(Tensor x, Tensor weight, Tensor bias) {
        boolean grad = GradMode.isEnabled() && (x.requiresGrad() || weight.requiresGrad()
                || bias != null && bias.requiresGrad());
        return run(x, weight, bias, Activation.GELU, grad);
    }

    private static Tensor run(Tensor x, Tensor weight, Tensor bias, Activation activation, boolean keep) {
        Linear op = new Linear(bias != null, activation, keep);
        return bias == null ? Dispatcher.run(op, x, weight).get(0) : Dispatcher.run(op, x, weight, bias).get(0);
    }

    @Override
    public String name() {
        return "linear";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, bias ? 3 : 2);
        TensorSpec x = in.get(0);
        TensorSpec weight = in.get(1);
        InferRules.isFloat(name(), "x", x);
        InferRules.sameDType(name(), "x", x, "weight", weight);
        InferRules.rank(name(), "weight", weight, 2, "[O,I]");
        InferRules.extent(name(), "x", x, -1, weight.dim(1), "weight" + weight.shape() + " axis 1");
        if (bias) {
            InferRules.bias(name(), x, weight, 0, in.get(2));
        }
        TensorSpec y = new TensorSpec(x.shape().with(-1, weight.dim(0)), x.dtype());
        return keepPreactivation ? List.of(y, y) : List.of(y);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] w = in.get(1).data();
        int o = in.get(1).dim(0);
        int n = in.get(1).dim(1);
        double[] y = out.get(0).data();
        for (int r = 0; r < y.length / Math.max(1, o); r++) {
            for (int j = 0; j < o; j++) {
                double z = bias ? in.get(2).data()[j] : 0;
                for (int i = 0; i < n; i++) {
                    z += x[r * n + i] * w[j * n + i];
                }
                if (keepPreactivation) {
                    out.get(1).data()[r * o + j] = z;
                }
                y[r * o + j] = activation == Activation.GELU ? Unary.Kind.GELU.value(z) : z;
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
        return activation == Activation.NONE || keepPreactivation ? Differentiability.ALL
                : Differentiability.none("linear+gelu was asked not to keep the value before the activation");
    }

    @Override
    public Saves saves() {
        return keepPreactivation ? Saves.inputs(0, 1).andOutputs(1) : Saves.inputs(0, 1);
    }

    /** x is for the weight's gradient, the weight for x's. */
    @Override
    public Saves saves(IntPredicate flows) {
        Saves saves = flows.test(1) ? saves() : saves().withoutInput(0);
        return flows.test(0) ? saves : saves.withoutInput(1);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor g = call.gradOutput(0);
        if (activation == Activation.GELU) {
            g = Dispatcher.run1(new UnaryBackward(Unary.Kind.GELU), call.output(1), g);
            g = call.hasGradOutput(1) ? Binary.add(g, call.gradOutput(1)) : g;
        }
        List<Tensor> grads = new ArrayList<>();
        Shape x = call.inputSpec(0).shape();
        int count = Math.toIntExact(x.product(0, x.rank() - 1));
        Tensor rows = g.reshape(count, g.dim(-1));
        grads.add(call.needs(0) ? MatMul.of(rows, call.input(1)).reshape(x) : null);
        grads.add(call.needs(1) ? MatMul.weightGradient(rows, call.input(0).reshape(count, x.dim(-1))) : null);
        if (bias) {
            grads.add(call.needs(2) ? SumTo.of(rows, call.inputSpec(2)) : null);
        }
        return grads.toArray(Tensor[]::new);
    }
}
