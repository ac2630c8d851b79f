package dev.fathom.training.optim;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.ScaleInPlace;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * An exponential moving average of weights beside the weights themselves: after every update
 *
 * <pre>
 * average = average + (1 - decay) (weight - average)
 * </pre>
 *
 * <p>It begins as a copy of the start weights and has no warm-up: timm's {@code ModelEmaV2}, and what {@code
 * torch.optim.swa_utils.AveragedModel} does with {@code get_ema_multi_avg_fn(decay)} from its second update on. Steps'
 * noise averages out over about 1 / (1 - decay) updates, and what is validated is steadier for it.
 *
 * <p>In this form a weight that stays as it is has itself as its average, to the bit. So frozen parameters need no
 * average, and get none. Statistics of a batch norm, themselves running averages, are taken from the model.
 *
 * <p>The averages are made at construction and belong to the {@code MemoryScope} that is open then, like the moments of
 * {@link AdamW}. An update reads and writes each weight a few times; beside a step that is next to nothing.
 */
public final class Ema {
    private final double decay;
    private final List<Trainable> weights;
    private final SequencedMap<String, Tensor> averages = new LinkedHashMap<>();

    /**
     * @param decay in (0, 1), such as 0.999
     * @param weights what is averaged; each has its value
     */
    public Ema(double decay, List<Trainable> weights) {
        if (!(decay > 0 && decay < 1)) {
            throw new FathomException("Ema: the decay is " + decay + ", but must lie between 0 and 1");
        }
        this.decay = decay;
        this.weights = List.copyOf(weights);
        for (Trainable w : this.weights) {
            Tensor value = w.value().detach();
            averages.put(w.name(), Tensors.convert(value, value.dtype(), value.device()));
        }
    }

    /** After each applied step. */
    public void update() {
        try (GradMode.Scope off = GradMode.noGrad()) {
            for (Trainable w : weights) {
                Tensor average = averages.get(w.name());
                try (MemoryScope scope = MemoryScope.scratch("ema")) {
                    Tensor way = Binary.sub(w.value().detach(), average);
                    Dispatcher.run(new ScaleInPlace(1 - decay), way);
                    Dispatcher.run(new AddInPlace(), average, way);
                }
            }
        }
    }

    /** The averages now, by the names of the weights. They are the average's own: do not keep them over an update. */
    public SequencedMap<String, Tensor> averages() {
        return Collections.unmodifiableSequencedMap(averages);
    }

    /**
     * Takes over the averages of another run; values are copied.
     *
     * @throws FathomException if a name is missing or a shape differs; then nothing has changed
     */
    public void restore(Map<String, Tensor> saved) {
        averages.forEach((name, average) -> {
            Tensor other = saved.get(name);
            if (other == null || !other.shape().equals(average.shape())) {
                throw new FathomException("Ema: the saved average of " + name + " is "
                        + (other == null ? "missing" : other.shape().toString()) + ", but the weight is "
                        + average.shape() + "; resume with the same encoder and the same frozen parts");
            }
        });
        averages.forEach((name, average) -> average.copyFrom(saved.get(name).toFloats()));
    }
}
