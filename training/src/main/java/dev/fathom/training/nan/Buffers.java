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
    private record Saved(Tensor tensor, double[] values) {
    }

    private final List<Saved> saved = new ArrayList<>();

    private Buffers() {
    }

    /** As they are now. */
    public static Buffers of(ParameterSet parameters) {
        Buffers buffers = new Buffers();
        for (Parameter p : parameters.all()) {
            if (!p.trainable()) {
                buffers.saved.add(new Saved(p.tensor(), p.tensor().toDoubles()));
            }
        }
        return buffers;
    }

    /** Puts them back. */
    public void restore() {
        saved.forEach(s -> s.tensor.copyFrom(s.values));
    }
}
