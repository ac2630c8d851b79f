package dev.fathom.models.depthanything;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.ops.Conv2dPointwise.Activation;

/**
 * What the network's number means. The two kinds have the same parameters, so a weights file alone does not say which
 * it is.
 */
public sealed interface DepthHead {
    /** What the network's number goes through last. */
    Activation activation();

    /** What it is then multiplied by. */
    double scale();

    /** What the values are, for reports and file metadata. */
    String unit();

    /** Which way the values grow. */
    String polarity();

    /** Short name: {@code relative} or {@code metric}. */
    String kind();

    /** Relative inverse depth, known up to scale and shift: ReLU, larger is nearer. */
    record Relative() implements DepthHead {
        @Override
        public Activation activation() {
            return Activation.RELU;
        }

        @Override
        public double scale() {
            return 1;
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
        public Activation activation() {
            return Activation.SIGMOID;
        }

        @Override
        public double scale() {
            return maxDepth;
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
