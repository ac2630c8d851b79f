package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * One step of AdamW (Loshchilov and Hutter 2019) on one parameter, in place: Adam with bias correction, and a weight
 * decay that is decoupled from the gradient. With t the step number, from 1,
 *
 * <pre>
 * m = beta1 m + (1 - beta1) g
 * v = beta2 v + (1 - beta2) g^2
 * p = p (1 - lr weightDecay) - lr / (1 - beta1^t) * m / ( sqrt(v) / sqrt(1 - beta2^t) + eps )
 * </pre>
 *
 * <p>Inputs p, g, m, v of one shape; p, m and v are updated, and nothing is returned. m and v start as zeros.
 *
 * <p>Numerics: the factors are computed in float64 and rounded once. The decay and the step are added up before they
 * are taken from p, so p is rounded once a step: with lr weightDecay = 5e-8, as in the official fine-tuning, a product
 * p (1 - 5e-8) of its own would be rounded to another decay.
 *
 * <p>{@code torch.optim.AdamW} with one parameter.
 *
 * @param lr learning rate, at least 0 (0 still moves m and v)
 * @param beta1 decay of the gradient's mean, in [0, 1)
 * @param beta2 decay of its mean square, in [0, 1)
 * @param eps added to the root, at least 0
 * @param weightDecay at least 0
 * @param step t, at least 1
 */
public record AdamWStep(double lr, double beta1, double beta2, double eps, double weightDecay, long step)
        implements Op {
    public AdamWStep {
        if (!(lr >= 0 && eps >= 0 && weightDecay >= 0 && beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1
                && step >= 1)) {
            throw new FathomException("adamw_: lr " + lr + ", eps " + eps + " and weight decay " + weightDecay
                    + " must be at least 0, "
                    + "the betas " + beta1 + " and " + beta2 + " in [0, 1), the step number " + step + " at least 1");
        }
    }

    @Override
    public String name() {
        return "adamw_";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 4);
        List<String> names = List.of("p", "g", "m", "v");
        InferRules.isFloat(name(), "p", in.get(0));
        for (int i = 1; i < 4; i++) {
            InferRules.sameDType(name(), "p", in.get(0), names.get(i), in.get(i));
            InferRules.sameShape(name(), "p", in.get(0), names.get(i), in.get(i));
        }
        return List.of();
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] p = in.get(0).data();
        double[] g = in.get(1).data();
        double[] m = in.get(2).data();
        double[] v = in.get(3).data();
        for (int i = 0; i < p.length; i++) {
            m[i] = beta1 * m[i] + (1 - beta1) * g[i];
            v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
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
    public Differentiability differentiability() {
        return Differentiability.none("it updates its arguments in place");
    }

    @Override
    public int[] mutates() {
        return new int[] {0, 2, 3};
    }
}
