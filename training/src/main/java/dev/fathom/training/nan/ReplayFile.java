package dev.fathom.training.nan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.training.data.Batch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One step of a run, whole: what is needed to compute its loss and gradients again, anywhere. A safetensors file with
 * the weights before the step as {@code model.NAME} (PyTorch's layout, as in a run's state), {@code batch.image}
 * [N,S,S,3], {@code batch.depth} [N,S,S] and {@code batch.valid} [N,S,S]; its metadata holds the model's configuration
 * and, as JSON in {@code fathom.replay}, the {@link ReplayFacts}. Unlike in any other file of weights, values need not be
 * finite.
 */
public final class ReplayFile implements AutoCloseable {
    private static final String FACTS = "fathom.replay";
    private static final String MODEL = "model.";
    private static final String IMAGE = "batch.image";
    private static final String DEPTH = "batch.depth";
    private static final String VALID = "batch.valid";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final CheckpointFile file;
    private final ReplayFacts facts;

    private ReplayFile(CheckpointFile file, ReplayFacts facts) {
        this.file = file;
        this.facts = facts;
    }

    /** Writes the file, atomically. */
    public static void write(Path path, DepthAnythingV2 model, Batch batch, ReplayFacts facts) {
        List<CheckpointTensor> tensors = new ArrayList<>();
        for (Parameter p : model.parameters().all()) {
            tensors.add(p.toState().renamed(MODEL + p.name()));
        }
        Shape pixels = Shape.of(batch.size(), batch.side(), batch.side());
        tensors.add(floats(IMAGE, Shape.of(batch.size(), batch.side(), batch.side(), 3), batch.image()));
        tensors.add(floats(DEPTH, pixels, batch.depth()));
        tensors.add(CheckpointTensor.of(VALID, DType.BOOL, pixels, copy(MemorySegment.ofArray(batch.valid()))));
        Map<String, String> metadata = new LinkedHashMap<>(ModelMetadata.of(model.config(), model.head()));
        try {
            metadata.put(FACTS, JSON.writeValueAsString(facts));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of numbers and strings cannot fail to become JSON", e);
        }
        CheckpointWriter.write(path, tensors, metadata);
    }

    private static CheckpointTensor floats(String name, Shape shape, float[] values) {
        return CheckpointTensor.of(name, DType.F32, shape, copy(MemorySegment.ofArray(values)));
    }

    private static MemorySegment copy(MemorySegment heap) {
        return Arena.ofAuto().allocate(heap.byteSize(), 64).copyFrom(heap);
    }

    /**
     * Opens a file.
     *
     * @throws CheckpointException if it is none that {@link #write} has written, or is damaged
     */
    public static ReplayFile open(Path path) {
        CheckpointFile file = CheckpointFile.open(path);
        try {
            String json = file.metadata().get(FACTS);
            if (json == null) {
                throw new CheckpointException(path + " is no replay file (its metadata has no " + FACTS
                        + "); expected one that a run has written to its nan folder when a step was not finite.");
            }
            file.verify();
            return new ReplayFile(file, JSON.readValue(json, ReplayFacts.class)).checked();
        } catch (JsonProcessingException e) {
            file.close();
            throw new CheckpointException(path + ": its " + FACTS + " cannot be read: " + e.getOriginalMessage()
                    + "; expected a replay file of this version of Fathom.", e);
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    private ReplayFile checked() {
        Shape image = tensor(IMAGE, DType.F32).shape();
        int n = facts.samples().size();
        boolean fits = image.rank() == 4 && image.dim(0) == n && image.dim(1) == image.dim(2) && image.dim(3) == 3
                && tensor(DEPTH, DType.F32).shape().equals(Shape.of(n, image.dim(1), image.dim(1)))
                && tensor(VALID, DType.BOOL).shape().equals(tensor(DEPTH, DType.F32).shape());
        if (!fits) {
            throw new CheckpointException(file.path() + ": its batch is " + image + " and "
                    + tensor(DEPTH, DType.F32).shape() + " for " + n + " samples; expected [N,S,S,3] and [N,S,S]:"
                    + " the file is damaged.");
        }
        return this;
    }

    private CheckpointTensor tensor(String name, DType dtype) {
        CheckpointTensor tensor = file.tensors().get(name);
        if (tensor == null || tensor.dtype() != dtype) {
            throw new CheckpointException(file.path() + " has no " + name + " of " + dtype
                    + ", which a replay file has; it is damaged.");
        }
        return tensor;
    }

    /** What it says of the step. */
    public ReplayFacts facts() {
        return facts;
    }

    /** The network with the weights of that step, in training, in the innermost {@code MemoryScope}. */
    public DepthAnythingV2 model(Device device) {
        DepthAnythingV2 model = ModelMetadata.network(file.metadata(), file.path().toString());
        model.parameters().allocate(device);
        for (Parameter p : model.parameters().all()) {
            CheckpointTensor saved = file.tensors().get(MODEL + p.name());
            if (saved == null) {
                throw new CheckpointException(file.path() + " has no " + MODEL + p.name()
                        + ", which its network has; it is damaged.");
            }
            try (MemoryScope scope = MemoryScope.open("loading")) {
                p.tensor().copyFrom(p.tensorOf(saved).segment());
            }
            if (facts.frozen().contains(p.name())) {
                p.freeze();
            }
        }
        model.parameters().training(true);
        return model.gradientCheckpointing(facts.recompute());
    }

    /** The batch of that step. */
    public Batch batch() {
        CheckpointTensor image = tensor(IMAGE, DType.F32);
        int size = image.shape().dim(0);
        int side = image.shape().dim(1);
        byte[] valid = tensor(VALID, DType.BOOL).data().toArray(ValueLayout.JAVA_BYTE);
        int[] counts = new int[size];
        for (int i = 0; i < valid.length; i++) {
            counts[i / (side * side)] += valid[i] != 0 ? 1 : 0;
        }
        return new Batch(facts.epoch(), facts.batch(), size, side, image.toFloats(), tensor(DEPTH, DType.F32).toFloats(),
                valid, facts.samples(), counts, facts.repaired());
    }

    @Override
    public void close() {
        file.close();
    }
}
