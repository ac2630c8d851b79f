package dev.fathom.training.state;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.ParameterSet;
import dev.fathom.training.optim.AdamW;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * AdamW's moments as {@code optimizer.exp_avg.NAME} and {@code optimizer.exp_avg_sq.NAME}, PyTorch's names and layout,
 * and how many steps each parameter has made, as JSON.
 *
 * @param parameters what it trains
 */
record OptimiserPart(ParameterSet parameters, AdamW optimiser) implements StatePart {
    private static final String EXP_AVG = "optimizer.exp_avg.";
    private static final String EXP_AVG_SQ = "optimizer.exp_avg_sq.";
    private static final String STEPS = "fathom.optimizer_steps";

    @Override
    public void save(StateWriter out) {
        Map<String, Long> steps = new LinkedHashMap<>();
        for (AdamW.State state : optimiser.state()) {
            Parameter p = parameters.get(state.name());
            out.tensor(EXP_AVG + p.name(), p.toState(EXP_AVG + p.name(), state.m()));
            out.tensor(EXP_AVG_SQ + p.name(), p.toState(EXP_AVG_SQ + p.name(), state.v()));
            steps.put(p.name(), state.step());
        }
        out.json(STEPS, steps);
    }

    @Override
    public void restore(StateReader in) {
        Map<String, Long> steps = in.json(STEPS, new TypeReference<>() { });
        try (MemoryScope scope = MemoryScope.open("resume")) {
            List<AdamW.State> states = new ArrayList<>();
            steps.forEach((name, step) -> {
                if (!parameters.contains(name)) {
                    throw in.damaged(in.path() + ": its " + STEPS + " names " + name
                            + ", which the network does not have.", null);
                }
                Parameter p = parameters.get(name);
                states.add(new AdamW.State(name, step, p.tensorOf(in.tensor(EXP_AVG + name)),
                        p.tensorOf(in.tensor(EXP_AVG_SQ + name))));
            });
            optimiser.restore(states);
        }
    }
}
