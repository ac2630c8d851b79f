package dev.fathom.training.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.training.options.TrainOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything needed to go on with a run, in one safetensors file, so that one rename makes it valid: what its
 * {@link StatePart}s save, and in the metadata, as JSON, {@code fathom.progress} and {@code fathom.run}. Its version is
 * {@code fathom.state}: another one is refused, not guessed at. {@code fathom.precision} says for people how the run
 * computes.
 *
 * <p>A state is verified by its checksums before anything of it is used; one without them is refused.
 */
public final class TrainState implements AutoCloseable {
    /** Grows when an older program's state can no longer be gone on from. 1 had no version and no checksums. */
    private static final String VERSION = "2";
    private static final String STATE = "fathom.state";
    private static final String PROGRESS = "fathom.progress";
    private static final String RUN = "fathom.run";
    /** In the best model's metadata too. */
    static final String PRECISION = "fathom.precision";
    /** In the best model's metadata, if its weights are moving averages: their decay. */
    static final String EMA_DECAY = "fathom.ema";

    private final CheckpointFile file;
    private final StateReader reader;

    private TrainState(CheckpointFile file) {
        this.file = file;
        this.reader = new StateReader(file);
    }

    /**
     * Replaces {@code file} by the state now; a failure leaves the old file as it was.
     *
     * @throws FathomException if a tensor is not finite (a good state must not be replaced by a broken one), or the
     * disk refuses
     */
    static void save(Path file, RunIdentity run, Progress progress, List<StatePart> parts) {
        StateWriter out = new StateWriter(file);
        out.entry(STATE, VERSION);
        out.entry(PRECISION, run.options().compute().precision().toString());
        out.json(PROGRESS, progress);
        out.entry(RUN, run.json());
        parts.forEach(part -> part.save(out));
        out.write();
    }

    /** The network of a saved state, which is verified first. */
    static ModelConfig model(Path path) {
        try (TrainState state = open(path); ModelFile model = ModelFile.open(path)) {
            return model.config();
        }
    }

    /**
     * What a state says about its run.
     *
     * @param options that the run was started with
     * @param progress how far it was
     */
    public record About(TrainOptions options, Progress progress) {
    }

    /**
     * Looks at a file; empty if it is something else than a state.
     *
     * @throws FathomException if it is a state but not a whole one, or another version's
     */
    public static Optional<About> describe(Path path) {
        try (CheckpointFile file = CheckpointFile.open(path)) {
            if (!file.metadata().containsKey(RUN)) {
                return Optional.empty();
            }
        }
        try (TrainState state = open(path)) {
            TrainOptions options = state.reader.json(RUN, RunIdentity.OPTIONS, new TypeReference<>() { });
            return Optional.of(new About(options, state.progress()));
        }
    }

    /**
     * Opens a state that was made under the same options with the same data.
     *
     * @throws FathomException if it is none, or is damaged
     */
    public static TrainState open(Path path, RunIdentity run) {
        TrainState state = open(path);
        try {
            List<String> differences = run.differences(state.reader.entry(RUN));
            if (!differences.isEmpty()) {
                throw new FathomException(path + " belongs to a run under other conditions: "
                        + String.join(", ", differences)
                        + "; expected the same, as going on would be neither run: resume it as it was started, or "
                        + "start a new one with"
                        + " another --outdir.");
            }
            return state;
        } catch (JsonProcessingException e) {
            state.close();
            throw state.reader.damaged(path + ": its " + RUN + " cannot be read: " + e.getOriginalMessage() + ".", e);
        } catch (Throwable e) {
            state.close();
            throw e;
        }
    }

    /** Opens and verifies. */
    private static TrainState open(Path path) {
        CheckpointFile file;
        try {
            file = CheckpointFile.open(path);
        } catch (CheckpointException e) {
            throw StateReader.damaged(path, e.getMessage(), e);
        }
        try {
            verify(file);
            return new TrainState(file);
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    private static void verify(CheckpointFile file) {
        Map<String, String> metadata = file.metadata();
        Path path = file.path();
        boolean checksums;
        try {
            checksums = file.verify();
        } catch (CheckpointException e) {
            throw StateReader.damaged(path, e.getMessage(), e);
        }
        if (!metadata.containsKey(RUN)) {
            throw new CheckpointException(path + " is not a training state (its metadata has no " + RUN
                    + "); expected the last.safetensors of a run: --resume goes on from that alone.");
        }
        if (!checksums) {
            throw StateReader.damaged(path, path + " carries no checksums: it was altered, or saved by a version of"
                    + " Fathom that knew none", null);
        }
        if (!VERSION.equals(metadata.get(STATE))) {
            throw StateReader.damaged(path, path + " was saved by another version of Fathom (its " + STATE + " is "
                    + metadata.getOrDefault(STATE, "missing") + ", this version's is " + VERSION + ")", null);
        }
    }

    /** Gives a part of the run what it saved. */
    void restore(StatePart part) {
        part.restore(reader);
    }

    public Progress progress() {
        return reader.json(PROGRESS, new TypeReference<>() { });
    }

    @Override
    public void close() {
        file.close();
    }
}
