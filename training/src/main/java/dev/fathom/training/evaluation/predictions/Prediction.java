package dev.fathom.training.evaluation.predictions;

/**
 * A predicted map of one image.
 *
 * @param quantity what its numbers are
 * @param width w, pixels
 * @param height h, pixels
 * @param values [h,w]; NaN, or a metric depth that is not positive, is a pixel without a prediction
 * @param provenance where it came from, for people: a model, a file; where there is no map, why
 */
public record Prediction(PredictedQuantity quantity, int width, int height, float[] values, String provenance) {
    /** A picture for which there is no map, and why, in words without a full stop. */
    public static Prediction none(PredictedQuantity quantity, String reason) {
        return new Prediction(quantity, 0, 0, new float[0], reason);
    }

    /** Whether there is a map. */
    public boolean exists() {
        return width > 0;
    }

    public Prediction {
        if (values.length != width * height) {
            throw new IllegalArgumentException(provenance + ": " + width + " x " + height + " pixels but " + values.length
                    + " values");
        }
    }
}
