package dev.fathom.training.optim;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.ops.AdamWStep;
import dev.fathom.engine.ops.FillInPlace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * AdamW over groups of parameters; {@link AdamWStep} has the formula.
 *
 * <p>A parameter whose gradient is absent is skipped altogether, as in PyTorch: no decay, no change of its moments, and
 * its own step number does not advance. (Depth Anything has five such tensors, which no forward pass reads.)
 *
 * <p>The two moments of every parameter are made at construction and belong to the {@code MemoryScope} that is open
 * then: make the optimiser in the scope that lives as long as the training, after the weights are loaded.
 */
public final class AdamW {
    /** One parameter with its moments; the step number counts its own updates. */
    private static final class Slot {
        final Trainable parameter;
        final double lrFactor;
        final Tensor m;
        final Tensor v;
        long step;

        Slot(Trainable parameter, double lrFactor) {
            this.parameter = parameter;
            this.lrFactor = lrFactor;
            Tensor p = parameter.value();
            this.m = Tensors.zeros(p.spec(), p.device());
            this.v = Tensors.zeros(p.spec(), p.device());
        }
    }

    /**
     * What a resumed run needs of one parameter.
     *
     * @param name the parameter's
     * @param step how often it was updated, at least 1
     * @param m mean of its gradients (PyTorch: exp_avg), of its shape
     * @param v mean of their squares (PyTorch: exp_avg_sq), of its shape
     */
    public record State(String name, long step, Tensor m, Tensor v) {
    }

    /** What parameters of one call have in common. */
    private record Call(double lrFactor, long step) {
    }

    private final AdamWSettings settings;
    private final Map<String, Slot> slots = new LinkedHashMap<>();

    /** @throws FathomException if a name occurs twice */
    public AdamW(List<ParameterGroup> groups, AdamWSettings settings) {
        this.settings = settings;
        for (ParameterGroup group : groups) {
            for (Trainable p : group.members()) {
                if (slots.put(p.name(), new Slot(p, group.lrFactor())) != null) {
                    throw new FathomException("AdamW: two parameters are named " + p.name()
                            + "; each needs its own name and may be in one group only");
                }
            }
        }
    }

    /** Updates every parameter that has a gradient, at {@code lr} times its group's factor. */
    public void step(Gradients gradients, double lr) {
        step(gradients::of, lr, 1);
    }

    /**
     * The same with gradients from anywhere, each multiplied by {@code gradScale} where it is read: one over the loss
     * scale, times the factor of a clipped norm. One call of the operation for each learning rate and step number, so
     * usually one a group.
     *
     * @param gradientOf the gradient of a parameter's tensor, or null
     */
    public void step(UnaryOperator<Tensor> gradientOf, double lr, double gradScale) {
        Map<Call, List<Tensor>> calls = new LinkedHashMap<>();
        for (Slot slot : slots.values()) {
            Tensor gradient = gradientOf.apply(slot.parameter.value());
            if (gradient != null) {
                slot.step++;
                calls.computeIfAbsent(new Call(slot.lrFactor, slot.step), c -> new ArrayList<>())
                        .addAll(List.of(slot.parameter.value(), gradient, slot.m, slot.v));
            }
        }
        try (GradMode.Scope off = GradMode.noGrad()) {
            calls.forEach((call, tensors) -> Dispatcher.run(new AdamWStep(lr * call.lrFactor(), settings.beta1(),
                    settings.beta2(), settings.eps(), settings.weightDecay(), call.step(), gradScale,
                    tensors.size() / AdamWStep.TENSORS), tensors.toArray(Tensor[]::new)));
        }
    }

    /**
     * The state of all parameters that were ever updated, in the order of the groups. The tensors are the optimiser's
     * own: write them before the next step.
     */
    public List<State> state() {
        List<State> states = new ArrayList<>();
        for (Slot slot : slots.values()) {
            if (slot.step > 0) {
                states.add(new State(slot.parameter.name(), slot.step, slot.m, slot.v));
            }
        }
        return states;
    }

    /**
     * Takes over the state of another run; values are copied. Parameters that are not named start anew.
     *
     * @throws FathomException if a name is unknown or named twice, a shape differs or a step number is below 1; then
     * nothing has changed
     */
    public void restore(List<State> states) {
        Map<String, State> byName = new LinkedHashMap<>();
        for (State state : states) {
            check(state);
            if (byName.put(state.name(), state) != null) {
                throw new FathomException("AdamW: the saved state names " + state.name()
                        + " twice; the file is damaged");
            }
        }
        try (GradMode.Scope off = GradMode.noGrad()) {
            for (Slot slot : slots.values()) {
                State state = byName.get(slot.parameter.name());
                slot.step = state == null ? 0 : state.step();
                if (state == null) {
                    Dispatcher.run(new FillInPlace(0), slot.m);
                    Dispatcher.run(new FillInPlace(0), slot.v);
                } else {
                    slot.m.copyFrom(state.m().toFloats());
                    slot.v.copyFrom(state.v().toFloats());
                }
            }
        }
    }

    private void check(State state) {
        Slot slot = slots.get(state.name());
        if (slot == null) {
            throw new FathomException("AdamW: the saved state has " + state.name()
                    + ", which this run does not train; resume with the same encoder and the same frozen parts");
        }
        if (!state.m().shape().equals(slot.m.shape()) || !state.v().shape().equals(slot.m.shape())
                || state.step() < 1) {
            throw new FathomException("AdamW: the saved state of " + state.name() + " is " + state.m()
                    .shape() + " and " + state.v().shape()
                    + " after " + state.step() + " steps, but the parameter is " + slot.m.shape()
                    + "; resume with the same encoder");
        }
    }
}
