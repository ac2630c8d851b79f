package dev.fathom.tools.report.run;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.config.RunRecord;
import dev.fathom.tools.report.CommonFolder;
import dev.fathom.training.metrics.DepthMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * All that a run's folder tells, of a run that is finished, was killed, or still goes on. Every file may be missing:
 * runs of before have no {@code steps.jsonl}.
 *
 * <p>Memory does not grow with the number of steps. {@link #refresh()} reads on where the last call stopped, so that a
 * page an epoch costs what the epoch wrote.
 */
public final class RunHistory {
    private static final String METRICS = "metrics.jsonl";
    private static final String STEPS = "steps.jsonl";
    private static final String VALIDATION = "validation.jsonl";

    private final Path folder;
    private final EpochHistory epochs;
    private final StepHistory steps;
    private SampleHistory samples;
    private DepthMetric metric;
    private RunFacts facts;
    private PanelIndex panels;
    private int nanFiles;

    private RunHistory(Path folder) {
        this.folder = folder;
        this.epochs = new EpochHistory(folder.resolve(METRICS));
        this.steps = new StepHistory(folder.resolve(STEPS));
    }

    /**
     * Reads a run.
     *
     * @throws FathomException if the folder is none of a run, or a file of it cannot be read
     */
    public static RunHistory open(Path folder) {
        if (Stream.of(RunRecord.CONFIG, METRICS, STEPS).noneMatch(name -> Files.isRegularFile(folder.resolve(name)))) {
            throw new FathomException(folder + (Files.isDirectory(folder)
                    ? " is no run: it holds neither " + METRICS + " nor " + STEPS + " nor " + RunRecord.CONFIG
                    : Files.exists(folder) ? " is a file, not the folder of a run" : " does not exist")
                    + "; give the --outdir of a 'tools/fathom train'.");
        }
        RunHistory history = new RunHistory(folder);
        history.refresh();
        return history;
    }

    /** A run that has just begun, whose folder may hold nothing yet: call {@link #refresh()} before looking. */
    static RunHistory following(Path folder) {
        return new RunHistory(folder);
    }

    /** Reads what is new. */
    void refresh() {
        facts = RunFacts.read(folder);
        DepthMetric judge = judge();
        if (judge != metric) {
            metric = judge;
            samples = new SampleHistory(folder.resolve(VALIDATION), metric);
        }
        epochs.refresh();
        steps.refresh(facts.number("clip-norm"));
        EpochHistory.Epoch best = epochs.best(metric);
        samples.refresh(best == null ? -1 : best.epoch());
        panels = PanelIndex.read(folder);
        nanFiles = countFiles(folder.resolve("nan"));
    }

    /** The measure that the settings name as the judge of epochs. */
    private DepthMetric judge() {
        String name = facts.settings().getOrDefault("best-by", DepthMetric.ABS_REL.key());
        return DepthMetric.of(name).orElse(DepthMetric.ABS_REL);
    }

    private static int countFiles(Path folder) {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return (int) files.filter(f -> !f.getFileName().toString().startsWith(".")).count();
        } catch (IOException e) {
            throw new FathomException(folder + " cannot be listed (" + e.getMessage() + "); change its permissions.",
                    e);
        }
    }

    /** Its folder. */
    public Path folder() {
        return folder;
    }

    /** The folder's own name. */
    public String name() {
        return folder.toAbsolutePath().normalize().getFileName().toString();
    }

    /** The name of an image without the folder that all of the run's images have in common. */
    String image(String name) {
        String folder = samples.folder();
        for (PanelIndex.Sample sample : panels.samples()) {
            folder = CommonFolder.of(folder, sample.name());
        }
        return folder != null && name.startsWith(folder) ? name.substring(folder.length()) : name;
    }

    /** The measure that says which epoch is best. */
    DepthMetric metric() {
        return metric;
    }

    EpochHistory epochs() {
        return epochs;
    }

    StepHistory steps() {
        return steps;
    }

    SampleHistory samples() {
        return samples;
    }

    RunFacts facts() {
        return facts;
    }

    PanelIndex panels() {
        return panels;
    }

    /** Files that steps with a loss or gradient that was not finite left behind. */
    int nanFiles() {
        return nanFiles;
    }

    /** The best epoch by {@link #metric()}; null while there is none. */
    EpochHistory.Epoch best() {
        return epochs.best(metric);
    }

    /** Epochs that are done. */
    int epochsDone() {
        return epochs.isEmpty() ? 0 : epochs.last().epoch() + 1;
    }

    /** Epochs that the settings ask for; -1 if they do not say. */
    int epochsPlanned() {
        double planned = facts.number("epochs");
        return Double.isFinite(planned) ? (int) planned : -1;
    }

    /** Files with lines that could not be read, each as a sentence's part: {@code 1 of steps.jsonl}. */
    List<String> unreadable() {
        return Stream.of(part(METRICS, epochs.unreadable()), part(STEPS, steps.unreadable()),
                part(VALIDATION, samples.unreadable())).filter(s -> !s.isEmpty()).toList();
    }

    private static String part(String file, int count) {
        return count == 0 ? "" : count + " of " + file;
    }
}
