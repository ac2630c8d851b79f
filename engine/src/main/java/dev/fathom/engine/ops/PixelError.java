package dev.fathom.engine.ops;

/**
 * How far the prediction of one pixel is from its target, in the unit that a loss thinks in. Constants are numbered as in
 * loss.cuh.
 */
public enum PixelError {
    /**
     * ln(target) - ln(pred), in which a factor is a factor at any distance. Both count as at least {@value #EPSILON}: where a
     * sigmoid underflowed to 0 or a prediction is negative, the logarithm and the derivative are those at {@value #EPSILON},
     * so such a pixel is still pushed up.
     */
    LOG {
        @Override
        public double of(double target, double pred) {
            return Math.log(Math.max(target, EPSILON) / Math.max(pred, EPSILON));
        }

        @Override
        public double slope(double pred) {
            return -1 / Math.max(pred, EPSILON);
        }
    },
    /**
     * ln(pred + 1e-7) - ln(target + 1e-7), as ZoeDepth has it. What is below 0 counts as 0, where ZoeDepth's logarithm has no
     * value.
     */
    LOG_ZOE {
        @Override
        public double of(double target, double pred) {
            return Math.log((Math.max(pred, 0) + ALPHA) / (Math.max(target, 0) + ALPHA));
        }

        @Override
        public double slope(double pred) {
            return 1 / (Math.max(pred, 0) + ALPHA);
        }
    },
    /** pred - target, in whatever unit the two have. */
    DIFFERENCE {
        @Override
        public double of(double target, double pred) {
            return pred - target;
        }

        @Override
        public double slope(double pred) {
            return 1;
        }
    };

    /** Depths below this, in metres, count as this: a thousandth of the smallest depth that the trainers accept. */
    public static final double EPSILON = 1e-6;
    /** What ZoeDepth adds inside its logarithms, metres. */
    public static final double ALPHA = 1e-7;

    /** The error. NaN if one of the two is. */
    public abstract double of(double target, double pred);

    /** Its derivative by pred. */
    public abstract double slope(double pred);
}
