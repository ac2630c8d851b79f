package dev.fathom.training.trainer;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.nn.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a run: {@code last.safetensors} (everything needed to go on), {@code best.safetensors} (a plain model,
 * the best by abs_rel), and the logs of {@link RunLogs}.
 */
public final class RunFolder {
    /** What a killed process leaves of a file that it was writing: see {@link AtomicFile}. */
    private static final Pattern TORN =
            Pattern.compile("\\.((last|best)\\.safetensors|(metrics|steps|validation)\\.jsonl|config\\.yaml|about\\.json"
                    + "|report\\.html)\\.[0-9a-f]+\\.tmp");

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

    /** The folder of steps that were not finite. */
    public Path nan() {
        return folder.resolve("nan");
    }

    /** Where a step that is not finite is kept; makes the folder. Epoch and batch from 0. */
    Path replay(int epoch, int batch) {
        try {
            Files.createDirectories(nan());
        } catch (IOException e) {
            throw new FathomException("The folder " + nan() + " cannot be made (" + reason(e)
                    + "), so the step that was not finite cannot be kept; free space or choose another --outdir.", e);
        }
        return nan().resolve(String.format(Locale.ROOT, "epoch-%03d-batch-%05d.safetensors", epoch, batch));
    }

    /** One line an epoch. */
    public Path log() {
        return folder.resolve("metrics.jsonl");
    }

    /** One line a batch. */
    public Path steps() {
        return folder.resolve("steps.jsonl");
    }

    /** One line an epoch and validated image. */
    public Path validation() {
        return folder.resolve("validation.jsonl");
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

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
