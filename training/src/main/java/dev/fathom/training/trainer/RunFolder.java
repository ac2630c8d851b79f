package dev.fathom.training.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.nn.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a run: {@code last.safetensors} (everything needed to go on), {@code best.safetensors} (a plain model,
 * the best by abs_rel), {@code metrics.jsonl} (one JSON object an epoch).
 */
public final class RunFolder {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** What a killed process leaves of a file that it was writing: see {@link AtomicFile}. */
    private static final Pattern TORN =
            Pattern.compile("\\.((last|best)\\.safetensors|metrics\\.jsonl|config\\.yaml|about\\.json)"
                    + "\\.[0-9a-f]+\\.tmp");

    private final Path folder;

    private RunFolder(Path folder) {
        this.folder = folder;
    }

    /** The run in a folder, which need not exist yet. */
    public static RunFolder at(Path folder) {
        return new RunFolder(folder);
    }

    /** Makes the folder if needed, and clears away what a killed run left half-written in it. */
    void prepare() {
        try {
            Files.createDirectories(folder);
        } catch (FileAlreadyExistsException e) {
            throw new FathomException("The run folder " + folder + " cannot be made: " + e.getMessage()
                    + " is a file; choose another folder with --outdir.", e);
        } catch (IOException e) {
            throw new FathomException("The run folder " + folder + " cannot be made (" + reason(e)
                    + "); choose another with --outdir.", e);
        }
        if (!Files.isWritable(folder)) {
            throw new FathomException("The run folder " + folder
                    + " cannot be written to; change its permissions or choose another with"
                    + " --outdir.");
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path torn : files.filter(f -> TORN.matcher(f.getFileName().toString()).matches()).toList()) {
                Files.delete(torn);
            }
        } catch (IOException e) {
            throw new FathomException("The run folder " + folder + " cannot be cleared of half-written files ("
                    + reason(e)
                    + "); change its permissions or choose another with --outdir.", e);
        }
    }

    public Path path() {
        return folder;
    }

    public Path last() {
        return folder.resolve("last.safetensors");
    }

    public Path best() {
        return folder.resolve("best.safetensors");
    }

    public Path log() {
        return folder.resolve("metrics.jsonl");
    }

    /** Whether there is a state to go on from. */
    public boolean canResume() {
        return Files.isRegularFile(last());
    }

    /**
     * The network of the saved state: what a resumed run builds before it fills it.
     *
     * @throws FathomException if {@link #last()} is no whole training state
     */
    public ModelConfig savedModel() {
        return TrainState.model(last());
    }

    /**
     * Begins the log, or goes on with it: lines of epochs that will be trained (again) go, so that there is one line an
     * epoch however often a run was killed.
     *
     * @param fromEpoch the first epoch that will write a line
     */
    void startLog(int fromEpoch) {
        try {
            List<String> kept = fromEpoch == 0 || !Files.exists(log()) ? List.of()
                    : Files.readAllLines(log()).stream().filter(line -> epochOf(line) < fromEpoch).toList();
            AtomicFile.replace(log(), temporary -> Files.write(temporary, kept));
        } catch (IOException e) {
            throw new FathomException("The log " + log() + " cannot be read (" + reason(e)
                    + "); move it away, then try again.", e);
        }
    }

    /** The epoch of a log line; a line that is none (torn by a kill) counts as later than all. */
    private static int epochOf(String line) {
        try {
            JsonNode epoch = JSON.readTree(line).path("epoch");
            return epoch.isInt() ? epoch.asInt() : Integer.MAX_VALUE;
        } catch (JsonProcessingException torn) {
            return Integer.MAX_VALUE;
        }
    }

    /** Appends one line to the log. */
    void log(Map<String, ?> line) {
        try {
            Files.writeString(log(), JSON.writeValueAsString(line) + "\n", StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a log line of numbers and strings cannot fail to become JSON", e);
        } catch (IOException e) {
            throw new FathomException("The log " + log() + " cannot be written (" + reason(e)
                    + "); free space or choose another --outdir.", e);
        }
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
