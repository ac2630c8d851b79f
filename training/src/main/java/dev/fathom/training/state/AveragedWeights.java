package dev.fathom.training.state;

import dev.fathom.engine.Tensor;
import dev.fathom.nn.ParameterSet;
import dev.fathom.training.optim.Ema;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * While it is open, a model computes with the moving averages of its weights: validation, and what is saved as the best.
 * Nothing is copied, and closing it puts the weights back.
 */
public final class AveragedWeights implements AutoCloseable {
    private final ParameterSet parameters;
    private final Map<String, Tensor> weights = new LinkedHashMap<>();

    private AveragedWeights(ParameterSet parameters) {
        this.parameters = parameters;
    }

    /** Puts the averages in place; without any the weights stay. */
    public static AveragedWeights of(ParameterSet parameters, Optional<Ema> ema) {
        AveragedWeights averaged = new AveragedWeights(parameters);
        ema.ifPresent(e -> e.averages().forEach((name, average) ->
                averaged.weights.put(name, parameters.get(name).exchange(average))));
        return averaged;
    }

    @Override
    public void close() {
        weights.forEach((name, weight) -> parameters.get(name).exchange(weight));
        weights.clear();
    }
}
