package dev.fathom.training.options;

import dev.fathom.engine.Precision;
import dev.fathom.training.optim.GradScaler;

/**
 * What is computed in.
 *
 * @param precision of products and attention; weights and optimiser are float32 in any
 * @param lossScale what {@link Precision#FP16} multiplies the loss by at first; unused in others
 */
public record PrecisionOptions(Precision precision, double lossScale) {
    /** @throws dev.fathom.engine.errors.FathomException if a value makes no sense */
    public PrecisionOptions {
        Check.that(GradScaler.isScale(lossScale), "--loss-scale", lossScale, "a power of two, 1 or more");
    }

    /** float32 throughout. */
    public static PrecisionOptions fp32() {
        return new PrecisionOptions(Precision.FP32, GradScaler.INITIAL_SCALE);
    }

    /** The scaler that a run begins with: none but in float16. */
    public GradScaler scaler() {
        return precision == Precision.FP16 ? GradScaler.from(lossScale) : GradScaler.off();
    }
}
