package dev.fathom.training.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * The files of a run: {@code last.safetensors} (everything needed to go on), {@code best.safetensors} (a plain model, the best by abs_rel),
 * {@code metrics.jsonl} (one JSON object a line).
 */
public final class RunFolder {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;

    private RunFolder(Path folder) {
        this.folder = folder;
    }

    /** Opens a folder for a run, making it if needed. */
    public static RunFolder at(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new FathomException("cannot make the run folder " + folder + ": " + reason(e) + "; choose another with --outdir", e);
        }
        if (!Files.isWritable(folder)) {
            throw new FathomException("the run folder " + folder + " is not writable; choose another with --outdir");
        }
        return new RunFolder(folder);
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

    /** Begins the log of a new run: lines of an earlier one go. */
    public void startLog() {
        try {
            Files.deleteIfExists(log());
        } catch (IOException e) {
            throw new FathomException("cannot replace " + log() + ": " + reason(e), e);
        }
    }

    /** Appends one line to the log. */
    public void log(Map<String, ?> line) {
        try {
            Files.writeString(log(), JSON.writeValueAsString(line) + "\n", StandardCharsets.UTF_8, StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a log line of numbers and strings cannot fail to become JSON", e);
        } catch (IOException e) {
            throw new FathomException("cannot write " + log() + ": " + reason(e), e);
        }
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName().replace("Exception", "") + " " + e.getMessage();
    }
}
