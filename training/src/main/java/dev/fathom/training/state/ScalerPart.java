package dev.fathom.training.state;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.optim.GradScaler;

/** The loss scale and what is left to its next growth, as JSON; nothing in a run that has none. */
final class ScalerPart implements StatePart {
    private static final String SCALER = "fathom.scaler";

    private GradScaler scaler;

    /** @param scaler as it begins; restoring replaces it by another if it is on */
    ScalerPart(GradScaler scaler) {
        this.scaler = scaler;
    }

    GradScaler scaler() {
        return scaler;
    }

    @Override
    public void save(StateWriter out) {
        if (scaler.isOn()) {
            out.json(SCALER, scaler.state());
        }
    }

    @Override
    public void restore(StateReader in) {
        if (!scaler.isOn()) {
            return;
        }
        GradScaler.State state = in.json(SCALER, new TypeReference<>() { });
        try {
            scaler = GradScaler.of(state);
        } catch (FathomException e) {
            throw in.damaged(in.path() + ": its " + SCALER + ": " + e.getMessage(), e);
        }
    }
}
