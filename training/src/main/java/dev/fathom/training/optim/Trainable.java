package dev.fathom.training.optim;

import dev.fathom.engine.Tensor;

/**
 * A tensor that an optimiser changes.
 *
 * @param name unique among all that one optimiser has; a resumed run finds its state by it
 * @param value a leaf that asks for gradients ({@code Parameter.tensor()}); updated in place
 */
public record Trainable(String name, Tensor value) {
}
