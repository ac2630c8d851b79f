package dev.fathom.training.optim;

import dev.fathom.engine.errors.FathomException;

/**
 * The dynamic loss scale of float16 training. {@code torch.amp.GradScaler} with its defaults.
 *
 * <p>float16 holds nothing between 0 and 2^-24, and gradients of activations are often smaller. So the loss is
 * multiplied by a scale before backward, and gradients by its reciprocal where the optimiser reads them (powers of two:
 * no bit is lost on the way). A scale that is too large overflows into infinities; then the step is left out and the
 * scale halved. After {@value #GROWTH_INTERVAL} steps without that it is doubled. bfloat16 has float32's range and
 * needs none of this; see {@link #off()}.
 */
public final class GradScaler {
    /** The scale that a run begins with. */
    public static final double INITIAL_SCALE = 65536;
    /** The smallest scale, at which overflow is no longer the scale's fault; the scale of all that have no scaler. */
    public static final double FLOOR = 1;
    private static final double GROWTH = 2;
    private static final double BACKOFF = 0.5;
    private static final int GROWTH_INTERVAL = 2000;

    /**
     * What a resumed run needs.
     *
     * @param scale now
     * @param growthTracker finite steps since it last changed
     */
    public record State(double scale, int growthTracker) {
    }

    private final boolean on;
    private double scale;
    private int growthTracker;

    private GradScaler(boolean on, double scale) {
        this.on = on;
        this.scale = scale;
    }

    /**
     * A scaler that begins at this scale.
     *
     * @throws FathomException if it is no power of two from 1 to 2^127: others would round every gradient
     */
    public static GradScaler from(double initialScale) {
        require("the loss scale", initialScale);
        return new GradScaler(true, initialScale);
    }

    /** Goes on where another one stopped. */
    public static GradScaler of(State state) {
        require("the saved loss scale", state.scale());
        if (state.growthTracker() < 0 || state.growthTracker() >= GROWTH_INTERVAL) {
            throw new FathomException("GradScaler: " + state.growthTracker() + " steps since the scale last changed are"
                    + " saved, but there are at least 0 and fewer than " + GROWTH_INTERVAL + "; the file is damaged");
        }
        GradScaler scaler = new GradScaler(true, state.scale());
        scaler.growthTracker = state.growthTracker();
        return scaler;
    }

    /** No scaling: a scale of 1 that never changes. */
    public static GradScaler off() {
        return new GradScaler(false, 1);
    }

    private static void require(String what, double scale) {
        if (!isScale(scale)) {
            throw new FathomException("GradScaler: " + what + " is " + scale
                    + ", but must be a power of two from 1 to 2^127, so that scaling rounds nothing");
        }
    }

    /** Whether this number can be a loss scale: a power of two that float32 holds, at least 1. */
    public static boolean isScale(double scale) {
        return scale >= 1 && scale <= 0x1p127 && scale == Math.scalb(1.0, Math.getExponent(scale));
    }

    /** Whether the scale is ever anything but 1. */
    public boolean isOn() {
        return on;
    }

    /** What the loss is multiplied by now. */
    public double scale() {
        return scale;
    }

    /**
     * After each step.
     *
     * @param finite whether all its gradients were finite, so that it was used
     */
    public void update(boolean finite) {
        if (!on) {
            return;
        }
        if (!finite) {
            scale *= BACKOFF;
            growthTracker = 0;
        } else if (++growthTracker == GROWTH_INTERVAL) {
            growthTracker = 0;
            if (Float.isFinite((float) (scale * GROWTH))) {
                scale *= GROWTH;
            }
        }
    }

    /** What to save. */
    public State state() {
        return new State(scale, growthTracker);
    }
}
