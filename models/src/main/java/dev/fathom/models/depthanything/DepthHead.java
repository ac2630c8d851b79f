package dev.fathom.models.depthanything;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Unary;
import dev.fathom.engine.errors.FathomException;

/**
 * What the network's number means. The two kinds have the same parameters, so a weights file alone does not say which
 * it is.
 */
public sealed interface DepthHead {
    /** The head's activation on [N,H,W,1]. */
    Tensor activate(Tensor x);

    /** What the values are, for reports and file metadata. */
    String unit();

    /** Which way the values grow. */
    String polarity();

    /** Short name: {@code relative} or {@code metric}. */
    String kind();

    /** Relative inverse depth, known up to scale and shift: ReLU, larger is nearer. */
    record Relative() implements DepthHead {
        @Override
        public Tensor activate(Tensor x) {
            return Unary.relu(x);
        }

        @Override
        public String unit() {
            return "relative inverse depth";
        }

        @Override
        public String polarity() {
            return "larger is nearer";
        }

        @Override
        public String kind() {
            return "relative";
        }
    }

    /**
     * Depth in metres: sigmoid times the largest depth, larger is farther.
     *
     * @param maxDepth metres; 20 for the released Hypersim models, 80 for VKITTI, 10 for NYU by convention
     */
    record Metric(double maxDepth) implements DepthHead {
        public Metric {
            if (!(maxDepth > 0) || Double.isInfinite(maxDepth)) {
                throw new FathomException("The largest depth must be a positive number of metres, got " + maxDepth);
            }
        }

        @Override
        public Tensor activate(Tensor x) {
            return Affine.of(Unary.sigmoid(x), maxDepth, 0);
        }

        @Override
        public String unit() {
            return "metres";
        }

        @Override
        public String polarity() {
            return "larger is farther";
        }

        @Override
        public String kind() {
            return "metric";
        }
    }
}
