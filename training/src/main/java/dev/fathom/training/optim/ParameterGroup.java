package dev.fathom.training.optim;

import java.util.List;

/**
 * Parameters that are trained alike. The official fine-tuning has two: the encoder at the learning rate, all others at
 * ten times it.
 *
 * @param name for reports
 * @param lrFactor multiplies the learning rate of every step
 * @param members the parameters, in a fixed order
 */
public record ParameterGroup(String name, double lrFactor, List<Trainable> members) {
    public ParameterGroup {
        members = List.copyOf(members);
    }
}
