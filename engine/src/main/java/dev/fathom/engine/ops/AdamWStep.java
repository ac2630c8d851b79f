package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * One step of AdamW (Loshchilov and Hutter 2019) on many parameters at once, in place: Adam with bias correction, and a
 * weight decay that is decoupled from the gradient. With t the step number, from 1, and for each parameter
 *
 * <pre>
 * g = gradScale g
 * m = beta1 m + (1 - beta1) g
 * v = beta2 v + (1 - beta2) g^2
 * p = p (1 - lr weightDecay) - lr / (1 - beta1^t) * m / ( sqrt(v) / sqrt(1 - beta2^t) + eps )
 * </pre>
 *
 * <p>Inputs p, g, m, v of one shape, then p, g, m, v of the next parameter, and so on; p, m and v are updated, and nothing
 * is returned. m and v start as zeros. Many parameters in one call, because a device would otherwise be asked hundreds of
 * times a step to change a few hundred numbers.
 *
 * <p>gradScale is where the division by a loss scale and the factor of a clipped norm go: neither needs a pass over the
 * gradients of its own, and the gradients themselves stay as they are.
 *
 * <p>Numerics: the factors are computed in float64 and rounded once. The decay and the step are added up before they
 * are taken from p, so p is rounded once a step: with lr weightDecay = 5e-8, as in the official fine-tuning, a product
 * p (1 - 5e-8) of its own would be rounded to another decay.
 *
 * <p>{@code torch.optim.AdamW(fused=True)} on one group, whose {@code grad_scale} divides where this one multiplies.
 *
 * @param lr learning rate, at least 0 (0 still moves m and v)
 * @param beta1 decay of the gradient's mean, in [0, 1)
 * @param beta2 decay of its mean square, in [0, 1)
 * @param eps added to the root, at least 0
 * @param weightDecay at least 0
 * @param step t, at least 1, the same for all parameters of a call
 * @param gradScale multiplies the gradients, rounded once to float32; finite. 1 leaves their bits alone
 * @param parameters how many; at least 1
 */
public record AdamWStep(double lr, double beta1, double beta2, double eps, double weightDecay, long step,
        double gradScale, int parameters) implements Op {
    /** Tensors a parameter: p, g, m and v. */
    public static final int TENSORS = 4;
    private static final List<String> NAMES = List.of("p", "g", "m", "v");

    public AdamWStep {
        if (!(lr >= 0 && eps >= 0 && weightDecay >= 0 && beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1
                && step >= 1)) {
            throw new FathomException("adamw_: lr " + lr + ", eps " + eps + " and weight decay " + weightDecay
                    + " must be at least 0, "
                    + "the betas " + beta1 + " and " + beta2 + " in [0, 1), the step number " + step + " at least 1");
        }
        if (!Double.isFinite(gradScale) || parameters < 1) {
            throw new FathomException("adamw_: the gradients' factor " + gradScale + " must be finite, and the number of "
                    + "parameters " + parameters + " at least 1");
        }
    }

    @Override
    public String name() {
        return "adamw_";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, TENSORS * parameters);
        for (int p = 0; p < in.size(); p += TENSORS) {
            InferRules.isFloat(name(), "p", in.get(p));
            for (int i = 1; i < TENSORS; i++) {
                InferRules.sameDType(name(), "p", in.get(p), NAMES.get(i), in.get(p + i));
                InferRules.sameShape(name(), "p", in.get(p), NAMES.get(i), in.get(p + i));
            }
        }
        return List.of();
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        for (int i = 0; i < in.size(); i += TENSORS) {
            step(in.get(i).data(), in.get(i + 1).data(), in.get(i + 2).data(), in.get(i + 3).data());
        }
    }

    private void step(double[] p, double[] g, double[] m, double[] v) {
        for (int i = 0; i < p.length; i++) {
            double gi = gradScale * g[i];
            m[i] = beta1 * m[i] + (1 - beta1) * gi;
            v[i] = beta2 * v[i] + (1 - beta2) * gi * gi;
            p[i] = p[i] * (1 - lr * weightDecay) - stepSize() * m[i] / (Math.sqrt(v[i]) * rootScale() + eps);
        }
    }

    /** lr / (1 - beta1^t). */
    public double stepSize() {
        return lr / (1 - Math.pow(beta1, step));
    }

    /** 1 / sqrt(1 - beta2^t). */
    public double rootScale() {
        return 1 / Math.sqrt(1 - Math.pow(beta2, step));
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.inPlace(this, in);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it updates its arguments in place");
    }

    @Override
    public int[] mutates() {
        int[] updated = new int[3 * parameters];
        for (int p = 0; p < parameters; p++) {
            updated[3 * p] = TENSORS * p;
            updated[3 * p + 1] = TENSORS * p + 2;
            updated[3 * p + 2] = TENSORS * p + 3;
        }
        return updated;
    }
}
