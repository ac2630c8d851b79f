package dev.fathom.training.state;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.StateDictLoader;

/**
 * The weights and statistics of the network as {@code model.NAME}, in PyTorch's layout, and what network it is.
 *
 * @param model to save or to fill; filled in the innermost {@code MemoryScope}
 * @param device where it is filled
 */
record ModelPart(DepthAnythingV2 model, Device device) implements StatePart {
    private static final String PREFIX = "model.";
    private static final String RECOMPUTE = "fathom.recompute";

    @Override
    public void save(StateWriter out) {
        ModelMetadata.of(model.config(), model.head()).forEach(out::entry);
        out.entry(RECOMPUTE, Boolean.toString(model.gradientCheckpointing()));
        for (Parameter p : model.parameters().all()) {
            out.tensor(PREFIX + p.name(), p.toState());
        }
    }

    /** An optimiser is made after this, over the new tensors. */
    @Override
    public void restore(StateReader in) {
        try {
            new StateDictLoader(model.parameters(), in.path().toString())
                    .load(in.tensors(PREFIX), device, StateDictLoader.Memory.COPY);
        } catch (CheckpointException e) {
            throw in.damaged(e.getMessage(), e);
        }
    }
}
