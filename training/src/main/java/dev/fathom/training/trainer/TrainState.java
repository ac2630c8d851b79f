package dev.fathom.training.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.StateDictLoader;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.training.optim.AdamW;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything needed to go on with a run, in one safetensors file, so that one rename makes it valid: the weights as {@code model.NAME},
 * AdamW's moments as {@code optimizer.exp_avg.NAME} and {@code optimizer.exp_avg_sq.NAME} (PyTorch's names and layout), and in the
 * metadata the model's configuration and, as JSON, {@code fathom.progress}, {@code fathom.options} and {@code fathom.optimizer_steps}.
 */
final class TrainState implements AutoCloseable {
    private static final String MODEL = "model.";
    private static final String EXP_AVG = "optimizer.exp_avg.";
    private static final String EXP_AVG_SQ = "optimizer.exp_avg_sq.";
    private static final String PROGRESS = "fathom.progress";
    private static final String OPTIONS = "fathom.options";
    private static final String STEPS = "fathom.optimizer_steps";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final CheckpointFile file;

    private TrainState(CheckpointFile file) {
        this.file = file;
    }

    /** Replaces {@code file} by the state now; a failure leaves the old file as it was. */
    static void save(Path file, DepthAnythingV2 model, AdamW optimiser, TrainOptions options, Progress progress) {
        List<CheckpointTensor> tensors = new ArrayList<>();
        model.parameters().toStateDict().values().forEach(t -> tensors.add(t.renamed(MODEL + t.name())));
        Map<String, Long> steps = new LinkedHashMap<>();
        for (AdamW.State state : optimiser.state()) {
            Parameter p = model.parameters().get(state.name());
            tensors.add(p.toState(EXP_AVG + p.name(), state.m()));
            tensors.add(p.toState(EXP_AVG_SQ + p.name(), state.v()));
            steps.put(p.name(), state.step());
        }
        Map<String, String> metadata = new LinkedHashMap<>(ModelMetadata.of(model.config(), model.head()));
        metadata.put(PROGRESS, json(progress));
        metadata.put(OPTIONS, json(options));
        metadata.put(STEPS, json(steps));
        CheckpointWriter.write(file, tensors, metadata);
    }

    /**
     * Opens a state.
     *
     * @throws FathomException if the file is no training state, or was made under other options
     */
    static TrainState open(Path path, TrainOptions options) {
        CheckpointFile file = CheckpointFile.open(path);
        try {
            String saved = file.metadata().get(OPTIONS);
            if (saved == null || !file.metadata().containsKey(PROGRESS) || !file.metadata().containsKey(STEPS)) {
                throw new FathomException(path + " is not a training state (its metadata has no " + OPTIONS
                        + "); --resume goes on from the last.safetensors of a run");
            }
            if (!json(options).equals(saved)) {
                throw new FathomException(path + " was made under other options, and going on under these would be neither run: it has "
                        + saved + ", asked for is " + json(options) + "; give the same options, or start a new run");
            }
            return new TrainState(file);
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    /** Fills a model, in the innermost {@code MemoryScope}. An optimiser is made after this, over the new tensors. */
    void loadModel(DepthAnythingV2 model) {
        Map<String, CheckpointTensor> weights = new LinkedHashMap<>();
        file.tensors().forEach((name, tensor) -> {
            if (name.startsWith(MODEL)) {
                String plain = name.substring(MODEL.length());
                weights.put(plain, tensor.renamed(plain));
            }
        });
        new StateDictLoader(model.parameters(), file.path().toString()).load(weights, Device.CPU, StateDictLoader.Memory.COPY);
    }

    /** Restores moments and step numbers. */
    void loadOptimiser(DepthAnythingV2 model, AdamW optimiser) {
        Map<String, Long> steps = read(STEPS, new TypeReference<>() { });
        try (MemoryScope scope = MemoryScope.open("resume")) {
            List<AdamW.State> states = new ArrayList<>();
            steps.forEach((name, step) -> {
                Parameter p = model.parameters().get(name);
                states.add(new AdamW.State(name, step, p.tensorOf(moment(EXP_AVG + name)), p.tensorOf(moment(EXP_AVG_SQ + name))));
            });
            optimiser.restore(states);
        }
    }

    private CheckpointTensor moment(String name) {
        CheckpointTensor tensor = file.tensors().get(name);
        if (tensor == null) {
            throw new FathomException(file.path() + " has no " + name + ", which its " + STEPS + " promises; the file is damaged");
        }
        return tensor;
    }

    Progress progress() {
        return read(PROGRESS, new TypeReference<>() { });
    }

    private <T> T read(String key, TypeReference<T> type) {
        try {
            return JSON.readValue(file.metadata().get(key), type);
        } catch (JsonProcessingException e) {
            throw new FathomException(file.path() + ": its " + key + " cannot be read: " + e.getOriginalMessage(), e);
        }
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of numbers cannot fail to become JSON", e);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
