package dev.fathom.training.state;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.nn.ParameterSet;
import dev.fathom.training.optim.Ema;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The weights' moving average as {@code ema.NAME}, in PyTorch's layout.
 *
 * @param parameters what is averaged
 */
record EmaPart(ParameterSet parameters, Ema ema) implements StatePart {
    private static final String PREFIX = "ema.";

    @Override
    public void save(StateWriter out) {
        ema.averages().forEach((name, value) ->
                out.tensor(PREFIX + name, parameters.get(name).toState(PREFIX + name, value)));
    }

    @Override
    public void restore(StateReader in) {
        try (MemoryScope scope = MemoryScope.open("resume")) {
            Map<String, Tensor> averages = new LinkedHashMap<>();
            ema.averages().keySet().forEach(name -> averages.put(name,
                    parameters.get(name).tensorOf(in.tensor(PREFIX + name))));
            ema.restore(averages);
        }
    }
}
