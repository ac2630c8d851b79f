package dev.fathom.training.step;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.Batch;
import dev.fathom.training.nan.ReplayFacts;

/**
 * The loss or a gradient of a step is NaN or infinite, and no loss scale can be the reason. Weights, moments and loss
 * scale are as they were before the step.
 */
public final class NonFiniteStep extends FathomException {
    private static final long serialVersionUID = 1L;

    private final double loss;
    private final long gradients;

    /**
     * @param loss of the step
     * @param gradients how many elements of its gradients are not finite
     */
    NonFiniteStep(Batch batch, double loss, long gradients) {
        super("On the batch of " + String.join(", ", batch.names()) + " " + ReplayFacts.symptom(loss, gradients)
                + ", so there is no step to take; expected finite numbers: lower the learning rate, or look at these"
                + " samples.");
        this.loss = loss;
        this.gradients = gradients;
    }

    /** The loss of the step, finite or not. */
    public double loss() {
        return loss;
    }

    /** How many elements of the step's gradients are not finite. */
    public long gradients() {
        return gradients;
    }
}
