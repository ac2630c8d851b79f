package dev.fathom.tools.train;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.CheckpointFormat;
import dev.fathom.nn.checkpoint.Conversion;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.options.SelectionOptions;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.state.SavePolicy;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What of a run is kept, when it is saved, and from which state it goes on. */
final class SaveArguments {
    private static final String LAST = "last";
    private static final String PREVIOUS = "previous";

    @Option(names = "--resume", arity = "0..1", fallbackValue = LAST, paramLabel = "STATE",
            description = "Go on from the run folder's last.safetensors; with 'previous' from the state before it (see"
                    + " --keep-last), or from the state that is named.")
    private String resume;

    @Option(names = "--save-every", defaultValue = "1e", paramLabel = "N",
            description = "Save the state every 200 (steps), 10m (minutes) or 2e (epochs); steps and minutes come in"
                    + " addition to the end of each epoch (default: ${DEFAULT-VALUE}).")
    private String saveEvery;

    @Option(names = "--keep-last", defaultValue = "1", paramLabel = "K",
            description = "Keep the last K states: last.safetensors and those before it in states/ (default:"
                    + " ${DEFAULT-VALUE}).")
    private int keepLast;

    @Option(names = "--best-by", defaultValue = "abs_rel", paramLabel = "METRIC", converter = MetricName.class,
            description = "What validations are compared by for best.safetensors: d1, abs_rel, rmse,"
                    + " silog_dav2 or another of the measures that evaluate --help defines (default: ${DEFAULT-VALUE}).")
    private DepthMetric bestBy;

    @Option(names = "--export-best", paramLabel = "FILE",
            description = "When the run ends or is stopped, write the best model to FILE as a plain state dict: .pth,"
                    + " .safetensors or .h5. 'convert' does the same later.")
    private Path exportBest;

    /** Reads a metric by its key. */
    static final class MetricName implements ITypeConverter<DepthMetric> {
        @Override
        public DepthMetric convert(String key) {
            return DepthMetric.of(key.toLowerCase(Locale.ROOT)).orElseThrow(() -> new TypeConversionException("'" + key
                    + "' is not one of " + DepthMetric.keys()));
        }
    }

    SavePolicy policy() {
        return new SavePolicy(SavePolicy.Interval.parse(saveEvery), keepLast);
    }

    SelectionOptions selection() {
        return new SelectionOptions(bestBy);
    }

    boolean resumes() {
        return resume != null;
    }

    /** What the words alone show to be wrong. */
    void check(CommandSpec spec) {
        if (exportBest != null) {
            WrongCall.orValue(spec, () -> CheckpointFormat.forWriting(exportBest));
        }
    }

    /** What the files show to be wrong, before anything is loaded. */
    void check(RunFolder run) {
        if (!resumes() && run.canResume()) {
            throw new FathomException(run.last()
                    + " is there already; add --resume to go on with that run, or choose another --outdir.");
        }
        if (!resumes() && run.previous().isPresent()) {
            throw new FathomException(run.previous().get() + " is there already, a state of another run; add --resume"
                    + " previous to go on with that run, or choose another --outdir.");
        }
        if (exportBest != null && !resumes() && Files.exists(exportBest)) {
            throw new FathomException(exportBest + " is there already; choose another name for --export-best, or move"
                    + " that file away.");
        }
    }

    /** The state to go on from. */
    Path state(RunFolder run) {
        return switch (resume) {
            case LAST -> {
                if (!run.canResume()) {
                    throw new FathomException("There is no " + run.last()
                            + " to resume; check --outdir, or leave --resume out to start the run.");
                }
                yield run.last();
            }
            case PREVIOUS -> run.previous().orElseThrow(() -> new FathomException("There is no state before "
                    + run.last() + " to resume; runs keep them with --keep-last 2 or more."));
            default -> named(Path.of(resume), run);
        };
    }

    private static Path named(Path state, RunFolder run) {
        if (!Files.isRegularFile(state)) {
            throw new FathomException("There is no state " + state
                    + " to resume; --resume takes nothing, 'previous' or a state's file.");
        }
        if (!run.owns(state)) {
            throw new FathomException(state + " is not in the run folder " + run.path()
                    + "; name one of its own states, or copy this one to its folder states/ first.");
        }
        return state;
    }

    /** Writes the best model where it was asked for. */
    void export(RunFolder run, PrintWriter out) {
        if (exportBest == null) {
            return;
        }
        if (!Files.isRegularFile(run.best())) {
            out.println("no epoch has been validated yet, so there is no best model for " + exportBest);
            return;
        }
        Conversion.convert(run.best(), exportBest, Optional.empty());
        out.println("the best model is in " + exportBest + " too");
    }
}
