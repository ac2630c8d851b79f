package dev.fathom.training.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.StateDictLoader;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.Ema;
import dev.fathom.training.optim.GradScaler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything needed to go on with a run, in one safetensors file, so that one rename makes it valid: the weights as
 * {@code model.NAME}, AdamW's moments as {@code optimizer.exp_avg.NAME} and {@code optimizer.exp_avg_sq.NAME}
 * (PyTorch's names and layout), the weights' moving average, if there is one, as {@code ema.NAME}, and in the metadata the model's configuration and, as JSON, {@code fathom.progress},
 * {@code fathom.run}, {@code fathom.optimizer_steps} and, in float16, {@code fathom.scaler}. {@code fathom.precision}
 * and {@code fathom.recompute} say for people how the run computes; the latter may change when it goes on.
 */
final class TrainState implements AutoCloseable {
    private static final String MODEL = "model.";
    private static final String EXP_AVG = "optimizer.exp_avg.";
    private static final String EXP_AVG_SQ = "optimizer.exp_avg_sq.";
    private static final String EMA = "ema.";
    private static final String PROGRESS = "fathom.progress";
    private static final String RUN = "fathom.run";
    private static final String STEPS = "fathom.optimizer_steps";
    private static final String SCALER = "fathom.scaler";
    private static final String RECOMPUTE = "fathom.recompute";
    /** In the best model's metadata too. */
    static final String PRECISION = "fathom.precision";
    /** In the best model's metadata, if its weights are moving averages: their decay. */
    static final String EMA_DECAY = "fathom.ema";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final CheckpointFile file;

    private TrainState(CheckpointFile file) {
        this.file = file;
    }

    /**
     * Replaces {@code file} by the state now; a failure leaves the old file as it was.
     *
     * @throws FathomException if a weight is not finite (a good state must not be replaced by a broken one), or the
     * disk refuses
     */
    static void save(Path file, DepthAnythingV2 model, AdamW optimiser, Optional<Ema> ema, GradScaler scaler,
            RunIdentity run, Progress progress) {
        List<CheckpointTensor> tensors = new ArrayList<>();
        for (Parameter p : model.parameters().all()) {
            CheckpointTensor weight = p.toState();
            requireFinite(file, weight);
            tensors.add(weight.renamed(MODEL + p.name()));
        }
        Map<String, Long> steps = new LinkedHashMap<>();
        for (AdamW.State state : optimiser.state()) {
            Parameter p = model.parameters().get(state.name());
            tensors.add(p.toState(EXP_AVG + p.name(), state.m()));
            tensors.add(p.toState(EXP_AVG_SQ + p.name(), state.v()));
            steps.put(p.name(), state.step());
        }
        ema.ifPresent(average -> average.averages().forEach((name, value) -> {
            Parameter p = model.parameters().get(name);
            tensors.add(p.toState(EMA + name, value));
        }));
        Map<String, String> metadata = new LinkedHashMap<>(ModelMetadata.of(model.config(), model.head()));
        metadata.put(PRECISION, run.options().compute().precision().toString());
        metadata.put(RECOMPUTE, Boolean.toString(model.gradientCheckpointing()));
        metadata.put(PROGRESS, json(progress));
        metadata.put(RUN, run.json());
        metadata.put(STEPS, json(steps));
        if (scaler.isOn()) {
            metadata.put(SCALER, json(scaler.state()));
        }
        CheckpointWriter.write(file, tensors, metadata);
    }

    private static void requireFinite(Path file, CheckpointTensor weight) {
        if (!weight.dtype().isFloat()) {
            return;
        }
        for (float v : weight.toFloats()) {
            if (!Float.isFinite(v)) {
                throw new FathomException("Training has diverged: " + weight.name() + " holds " + v
                        + ", so it is not saved, and " + file
                        + " is as it was; start anew with a lower --lr.");
            }
        }
    }

    /** The network of a saved state. */
    static ModelConfig model(Path path) {
        try (ModelFile file = ModelFile.open(path)) {
            return file.config();
        } catch (CheckpointException e) {
            throw damaged(path, e);
        }
    }

    /**
     * Opens a state.
     *
     * @throws FathomException if the file is no training state, or was made under other options or with other data
     */
    static TrainState open(Path path, RunIdentity run) {
        CheckpointFile file;
        try {
            file = CheckpointFile.open(path);
        } catch (CheckpointException e) {
            throw damaged(path, e);
        }
        try {
            String saved = file.metadata().get(RUN);
            if (saved == null || !file.metadata().containsKey(PROGRESS) || !file.metadata().containsKey(STEPS)) {
                throw new CheckpointException(path + " is not a training state (its metadata has no " + RUN
                        + "); expected the last.safetensors of a run: --resume goes on from that alone.");
            }
            List<String> differences = run.differences(saved);
            if (!differences.isEmpty()) {
                throw new FathomException(path + " belongs to a run under other conditions: "
                        + String.join(", ", differences)
                        + "; expected the same, as going on would be neither run: resume it as it was started, or "
                        + "start a new one with"
                        + " another --outdir.");
            }
            return new TrainState(file);
        } catch (JsonProcessingException e) {
            file.close();
            throw unreadable(path, RUN, e);
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    /** Fills a model, in the innermost {@code MemoryScope}. An optimiser is made after this, over the new tensors. */
    void loadModel(DepthAnythingV2 model, Device device) {
        Map<String, CheckpointTensor> weights = new LinkedHashMap<>();
        file.tensors().forEach((name, tensor) -> {
            if (name.startsWith(MODEL)) {
                String plain = name.substring(MODEL.length());
                weights.put(plain, tensor.renamed(plain));
            }
        });
        try {
            new StateDictLoader(model.parameters(), file.path().toString())
                    .load(weights, device, StateDictLoader.Memory.COPY);
        } catch (CheckpointException e) {
            throw damaged(file.path(), e);
        }
    }

    /** Restores moments and step numbers. */
    void loadOptimiser(DepthAnythingV2 model, AdamW optimiser) {
        Map<String, Long> steps = read(STEPS, new TypeReference<>() { });
        try (MemoryScope scope = MemoryScope.open("resume")) {
            List<AdamW.State> states = new ArrayList<>();
            steps.forEach((name, step) -> {
                if (!model.parameters().contains(name)) {
                    throw damaged(file.path(), new CheckpointException(file.path() + ": its " + STEPS + " names " + name
                            + ", which the network does not have."));
                }
                Parameter p = model.parameters().get(name);
                states.add(new AdamW.State(name, step, p.tensorOf(moment(EXP_AVG + name)),
                        p.tensorOf(moment(EXP_AVG_SQ + name))));
            });
            optimiser.restore(states);
        }
    }

    /** Restores the weights' moving average. */
    void loadAverage(DepthAnythingV2 model, Ema ema) {
        try (MemoryScope scope = MemoryScope.open("resume")) {
            Map<String, Tensor> averages = new LinkedHashMap<>();
            ema.averages().keySet().forEach(name -> averages.put(name,
                    model.parameters().get(name).tensorOf(moment(EMA + name))));
            ema.restore(averages);
        }
    }

    private CheckpointTensor moment(String name) {
        CheckpointTensor tensor = file.tensors().get(name);
        if (tensor == null) {
            throw damaged(file.path(), new CheckpointException(file.path() + " has no " + name
                    + ", which its metadata promises."));
        }
        for (float v : tensor.toFloats()) {
            if (!Float.isFinite(v)) {
                throw damaged(file.path(), new CheckpointException(file.path() + ": " + name + " holds " + v + "."));
            }
        }
        return tensor;
    }

    Progress progress() {
        return read(PROGRESS, new TypeReference<>() { });
    }

    /** The loss scale where it was; {@code off} for a run that has none. */
    GradScaler scaler(boolean on) {
        if (!on) {
            return GradScaler.off();
        }
        if (!file.metadata().containsKey(SCALER)) {
            throw damaged(file.path(), new CheckpointException(file.path() + " has no " + SCALER
                    + ", which a run in fp16 saves."));
        }
        GradScaler.State state = read(SCALER, new TypeReference<>() { });
        try {
            return GradScaler.of(state);
        } catch (FathomException e) {
            throw damaged(file.path(), new CheckpointException(file.path() + ": its " + SCALER + ": " + e.getMessage()
                    + ".", e));
        }
    }

    private <T> T read(String key, TypeReference<T> type) {
        try {
            return JSON.readValue(file.metadata().get(key), type);
        } catch (JsonProcessingException e) {
            throw unreadable(file.path(), key, e);
        }
    }

    private static CheckpointException unreadable(Path path, String key, JsonProcessingException e) {
        return damaged(path, new CheckpointException(path + ": its " + key + " cannot be read: "
                + e.getOriginalMessage() + ".", e));
    }

    /**
     * What to do differs from any other weights file: nobody can download a state again, but its neighbour may be
     * whole.
     */
    private static CheckpointException damaged(Path path, CheckpointException why) {
        return new CheckpointException("This run cannot be resumed: " + why.getMessage().strip() + "\nIf "
                + path.resolveSibling("best.safetensors")
                + " is there, a new run can start from it: --load-from it --init full, with another --outdir.", why);
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
