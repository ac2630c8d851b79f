package dev.fathom.training.evaluation.predictions;

/**
 * A predicted map of one image.
 *
 * @param quantity what its numbers are
 * @param width w, pixels
 * @param height h, pixels
 * @param values [h,w]; NaN, or a metric depth that is not positive, is a pixel without a prediction
 * @param provenance where it came from, for people: a model, a file
 */
public record Prediction(PredictedQuantity quantity, int width, int height, float[] values, String provenance) {
    public Prediction {
        if (values.length != width * height) {
            throw new IllegalArgumentException(provenance + ": " + width + " x " + height + " pixels but " + values.length
                    + " values");
        }
    }
}
