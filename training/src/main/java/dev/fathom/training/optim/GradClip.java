package dev.fathom.training.optim;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.ScaleInPlace;
import dev.fathom.engine.ops.SumOfSquares;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Bounds the norm of all gradients together: {@code torch.nn.utils.clip_grad_norm_}. With the norm n over every element
 * of every gradient, all are multiplied by min(1, maxNorm / (n + 1e-6)).
 *
 * @param maxNorm the bound, above 0
 */
public record GradClip(double maxNorm) {
    private static final double EPSILON = 1e-6;

    public GradClip {
        if (!(maxNorm > 0)) {
            throw new FathomException("GradClip: the largest norm is " + maxNorm
                    + ", but it must be above 0; leave clipping out to switch it off");
        }
    }

    /**
     * Clips in place.
     *
     * @param gradients in a fixed order, on which the last bits of the norm depend; null entries are parameters without
     * a gradient
     * @return the norm before clipping. If it is not finite nothing was scaled, and the gradients must not be used
     */
    public double clip(List<Tensor> gradients) {
        double norm = norm(gradients);
        double factor = factor(norm);
        if (factor < 1) {
            scale(gradients, factor);
        }
        return norm;
    }

    /** What {@link #clip} multiplies by: 1 where the norm is within the bound or is not finite. */
    public double factor(double norm) {
        return Double.isFinite(norm) ? Math.min(1, maxNorm / (norm + EPSILON)) : 1;
    }

    /**
     * The norm of all gradients together, summed in float64 in the order given; NaN where an element is not finite.
     */
    public static double norm(List<Tensor> gradients) {
        List<Tensor> present = gradients.stream().filter(Objects::nonNull).toList();
        if (present.isEmpty()) {
            return 0;
        }
        try (MemoryScope scope = MemoryScope.open("gradient norm")) {
            return SumOfSquares.of(present).norm();
        }
    }

    /** Two leaves of one sum get one and the same tensor as their gradient: its bytes are scaled once. */
    private static void scale(List<Tensor> gradients, double factor) {
        Set<Long> done = new HashSet<>();
        try (GradMode.Scope off = GradMode.noGrad()) {
            gradients.stream().filter(Objects::nonNull).filter(g -> done.add(g.segment().address()))
                    .forEach(g -> Dispatcher.run(new ScaleInPlace(factor), g));
        }
    }
}
