package dev.fathom.nn;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;

/** All parameters and buffers of a model by PyTorch's names, in PyTorch's order, and its train / eval mode. */
public final class ParameterSet {
    private final SequencedMap<String, Parameter> byName = new LinkedHashMap<>();
    private boolean training;

    Parameter add(Parameter parameter) {
        if (byName.put(parameter.name(), parameter) != null) {
            throw new IllegalStateException("two parameters are called " + parameter.name());
        }
        return parameter;
    }

    public List<Parameter> all() {
        return List.copyOf(byName.values());
    }

    /** The weights that are not frozen: what an optimiser gets. */
    public List<Parameter> trainable() {
        return byName.values().stream().filter(Parameter::requiresGrad).toList();
    }

    public Parameter get(String name) {
        Parameter p = byName.get(name);
        if (p == null) {
            throw new IllegalArgumentException("this model has no parameter " + name);
        }
        return p;
    }

    public boolean contains(String name) {
        return byName.containsKey(name);
    }

    /** Numbers in all weights, frozen or not. */
    public long parameterCount() {
        return byName.values().stream().filter(Parameter::trainable).mapToLong(Parameter::numel).sum();
    }

    /** Where the values are: the device of the first that has one, and so of all. The cpu while none has. */
    public Device device() {
        return byName.values().stream().filter(Parameter::hasValue).map(p -> p.tensor().device()).findFirst()
                .orElse(Device.CPU);
    }

    /** Train mode (BatchNorm uses and updates batch statistics) or eval mode. Eval at first. */
    public void training(boolean on) {
        training = on;
    }

    public boolean isTraining() {
        return training;
    }

    /** Draws start values for the parameters whose names match, in the innermost {@code MemoryScope}. */
    public void initialise(long seed, Device device, Predicate<String> names) {
        for (Parameter p : byName.values()) {
            if (names.test(p.name())) {
                p.initialise(seed, device);
            }
        }
    }

    public void initialise(long seed) {
        initialise(seed, Device.CPU, name -> true);
    }

    /**
     * Gives every parameter memory of a device and leaves its contents unset, in the innermost {@code MemoryScope}: for
     * counting what a model would do, where no value is ever looked at.
     */
    public void allocate(Device device) {
        byName.values().forEach(p -> p.allocate(device));
    }

    /** The names of all that have a value, by their tensors. */
    public Map<Tensor, String> namesByTensor() {
        Map<Tensor, String> names = new IdentityHashMap<>();
        byName.values().stream().filter(Parameter::hasValue).forEach(p -> names.put(p.tensor(), p.name()));
        return names;
    }

    /** The values as a state dict. */
    public SequencedMap<String, CheckpointTensor> toStateDict() {
        SequencedMap<String, CheckpointTensor> state = new LinkedHashMap<>();
        byName.forEach((name, p) -> state.put(name, p.toState()));
        return state;
    }

    Map<String, Parameter> byName() {
        return byName;
    }
}
