package dev.fathom.training.state;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.training.trainer.RunLogs;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a run: {@code last.safetensors} (everything needed to go on), {@code best.safetensors} (a plain model,
 * the best by the metric chosen), the logs of {@link RunLogs}, and the others of {@link #FILES}.
 */
public final class RunFolder {
    /**
     * Every file that a run may put into its folder: one place for whoever clears up, lists or checks. A new one is
     * added here.
     */
    public static final List<String> FILES = List.of("about.json", "best.safetensors", "config.yaml",
            "last.safetensors", "metrics.jsonl", "report.html", "run.lock", "steps.jsonl", "validation.jsonl");
    /** Every folder that a run may make there. */
    public static final List<String> FOLDERS = List.of("nan", "panels", "states");

    /** What a killed process leaves of a file that it was writing: see {@link AtomicFile}. */
    private static final Pattern TORN = Pattern.compile("\\.(.+)\\.[0-9a-f]+\\.tmp");

    private final Path folder;

    private RunFolder(Path folder) {
        this.folder = folder;
    }

    /** The run in a folder, which need not exist yet. */
    public static RunFolder at(Path folder) {
        return new RunFolder(folder);
    }

    /** The run that a state belongs to: {@code last.safetensors}, or one in {@code states/}. */
    static RunFolder ofState(Path state) {
        Path folder = state.toAbsolutePath().getParent();
        boolean kept = folder.getFileName() != null && folder.getFileName().toString().equals("states");
        return at(kept && folder.getParent() != null ? folder.getParent() : state.resolveSibling("").normalize());
    }

    /**
     * Takes the folder for one run, making it if needed, and clears away what a killed run left half-written in it.
     *
     * @throws FathomException if another run has it, or it cannot be written to
     */
    public RunLock take() {
        make();
        RunLock lock = RunLock.take(folder.resolve("run.lock"));
        try {
            clear();
            return lock;
        } catch (Throwable e) {
            lock.close();
            throw e;
        }
    }

    private void make() {
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
    }

    private void clear() {
        try {
            clear(folder, FILES::contains);
            for (String name : FOLDERS) {
                if (Files.isDirectory(folder.resolve(name))) {
                    clear(folder.resolve(name), file -> true);
                }
            }
        } catch (IOException e) {
            throw new FathomException("The run folder " + folder + " cannot be cleared of half-written files ("
                    + reason(e)
                    + "); change its permissions or choose another with --outdir.", e);
        }
    }

    private static void clear(Path folder, Predicate<String> ours) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Matcher torn = TORN.matcher(file.getFileName().toString());
                if (torn.matches() && ours.test(torn.group(1))) {
                    Files.delete(file);
                }
            }
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
    public Path replay(int epoch, int batch) {
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

    /** The newest state in {@code states/} that is not {@link #last()} itself. */
    public Optional<Path> previous() {
        return states().newestBeside(last());
    }

    KeptStates states() {
        return new KeptStates(folder.resolve("states"));
    }

    /** Whether a state lies where this run's states lie. */
    public boolean owns(Path state) {
        try {
            Path of = ofState(state).folder;
            return Files.isDirectory(folder) && Files.isSameFile(of, folder);
        } catch (IOException e) {
            throw new FathomException(state + " and " + folder + " cannot be compared (" + reason(e)
                    + "); check --resume and --outdir.", e);
        }
    }

    /** Whether there is a state to go on from. */
    public boolean canResume() {
        return Files.isRegularFile(last());
    }

    /**
     * The network of a saved state, which is verified first: what a resumed run builds before it fills it.
     *
     * @param state {@link #last()} or another
     * @throws FathomException if it is no whole training state
     */
    public static ModelConfig savedModel(Path state) {
        return TrainState.model(state);
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
