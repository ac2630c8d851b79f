package dev.fathom.training.optim;

/**
 * The constants of {@link AdamW}; PyTorch's names and meaning.
 *
 * @param beta1 decay of the gradient's mean, in [0, 1)
 * @param beta2 decay of its mean square, in [0, 1)
 * @param eps added to the root, at least 0
 * @param weightDecay decoupled decay, at least 0; applied to every parameter, biases and norms too, as the official
 * trainer does
 */
public record AdamWSettings(double beta1, double beta2, double eps, double weightDecay) {
    /** PyTorch's defaults, which the official trainer uses. */
    public static final AdamWSettings DEFAULT = new AdamWSettings(0.9, 0.999, 1e-8, 0.01);
}
