package dev.fathom.training.nan;

import dev.fathom.engine.Tensor;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.ParameterSet;
import java.util.ArrayList;
import java.util.List;

/**
 * What a forward pass in training changes in a model: the running statistics of batch norms. A step that is left out must
 * leave them as they were. The released networks have none, and then this is nothing.
 */
public final class Buffers {
    private final List<Tensor> tensors;
    private final List<double[]> values = new ArrayList<>();

    private Buffers(List<Tensor> tensors) {
        this.tensors = tensors;
    }

    /** Those of a model, as they are now. */
    public static Buffers of(ParameterSet parameters) {
        return new Buffers(parameters.all().stream().filter(p -> !p.trainable() && !p.isFrozen())
                .map(Parameter::tensor).toList()).remember();
    }

    /** Takes note of them as they are now. */
    public Buffers remember() {
        values.clear();
        tensors.forEach(t -> values.add(t.toDoubles()));
        return this;
    }

    /** Makes them again what they were at {@link #remember}. */
    public void restore() {
        for (int i = 0; i < tensors.size(); i++) {
            tensors.get(i).copyFrom(values.get(i));
        }
    }
}
