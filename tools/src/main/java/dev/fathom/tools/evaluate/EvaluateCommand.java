package dev.fathom.tools.evaluate;

import dev.fathom.tools.calibrate.CalibrationArguments;
import dev.fathom.tools.cli.DatasetArguments;
import dev.fathom.tools.cli.DatasetText;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.ExitCode;
import dev.fathom.tools.cli.HelpSections;
import dev.fathom.tools.cli.Interrupt;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.tools.config.ConfigFile;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.sets.OrdinalDataset;
import dev.fathom.training.evaluation.ordinal.OrdinalMeasure;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.MapMeasure;
import dev.fathom.training.metrics.Measure;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom evaluate}: how good models, or the maps of any tool, are on a data set. */
@Command(name = "evaluate", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measure models, or maps that any tool predicted, on a data set.",
        footerHeading = "%nMeasures (p predicted, t true depth of a pixel; mean over an image's valid pixels, then "
        + "over images):%n")
public final class EvaluateCommand implements Callable<Integer> {
    private static final int HELP_WIDTH = 78;

    @Option(names = ConfigFile.OPTION, paramLabel = "FILE",
            description = "Take options from a YAML or JSON file, 'align: median' for --align median. What is on the command"
                    + " line as well wins.")
    private Path config;

    @Option(names = "--outdir", paramLabel = "DIR", description =
            "Write metrics.json, per_sample_metrics.csv and report.html here.")
    private Path outdir;

    @Option(names = "--no-page", description = "Do not write report.html, for which the best, middle and worst images are"
            + " predicted once more.")
    private boolean noPage;

    @Mixin(name = "Data")
    private DatasetArguments which;

    @Mixin(name = "Models")
    private ModelsArguments models;

    @Mixin(name = "Calibration")
    private CalibrationArguments metres;

    @Mixin(name = "Maps of other tools")
    private PredictionArguments predictions;

    @Mixin(name = "Protocol")
    private ProtocolArguments protocol;

    @Mixin(name = "Measures")
    private MeasureArguments measures;

    @Mixin(name = "Device")
    private DeviceArguments where;

    @Option(names = "--batch", defaultValue = "1", paramLabel = "N", description =
            "Pictures of one network size that a model sees together; changes speed and memory, no result"
            + " (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--workers", defaultValue = "2", description =
            "Loader threads; results do not depend on it (default: ${DEFAULT-VALUE}).")
    private int workers;

    @Option(names = "--skip-bad", defaultValue = "stop", paramLabel = "N", description =
            "How many frames that cannot be read to do without: stop (default) ends at the first, 20 or 1%% leaves out"
            + " so many, all leaves out any number.")
    private String skipBad;

    private CommandSpec spec;

    /** The footer of {@code --help} is each measure's definition, from where it is computed. */
    @Spec
    void spec(CommandSpec command) {
        spec = command;
        command.usageMessage().sectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, new HelpSections(command));
        List<Measure> all = new ArrayList<>(List.of(DepthMetric.values()));
        all.addAll(List.of(MapMeasure.values()));
        all.addAll(List.of(OrdinalMeasure.values()));
        command.usageMessage().footer(all.stream().flatMap(measure -> defined(measure).stream()).toArray(String[]::new));
    }

    /** {@code   abs_rel   mean of |p - t| / t}, in lines of a narrow terminal. */
    private static List<String> defined(Measure measure) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "  %-18s", measure.key()));
        for (String word : measure.description().replace("%", "%%").split(" ")) {
            if (line.length() + 1 + word.length() > HELP_WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder(" ".repeat(20));
            }
            line.append(' ').append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    @Override
    public Integer call() {
        DatasetText data = which.text(spec);
        EvaluationRun run = new EvaluationRun(models, metres, predictions, protocol, measures, batch, workers);
        run.check(spec);
        where.check(spec);
        SkipBad skips = WrongCall.orValue(spec, () -> SkipBad.of(skipBad));
        DepthDataset dataset = data.open(skips);
        PrintWriter out = spec.commandLine().getOut();
        Path page = outdir == null || noPage ? null : outdir.resolve("report.html");
        try (Interrupt interrupt = Interrupt.calls(() -> stop(run))) {
            EvaluationReport.Data seen;
            if (dataset instanceof OrdinalDataset pairs) {
                OrdinalReport report = run.ordinal(data, pairs, skips, () -> where.choose(out), outdir, page,
                        spec.commandLine().getErr());
                seen = report.data();
                write(report.text(), seen, page, (json, call) -> OrdinalFiles.writeJson(json, report, call),
                        csv -> OrdinalFiles.writeCsv(csv, report));
            } else {
                EvaluationReport report = run.run(data, dataset, skips, () -> where.choose(out), outdir, page,
                        spec.commandLine().getErr());
                seen = report.data();
                write(new EvaluationTable(report).text(), seen, page,
                        (json, call) -> EvaluationFiles.writeJson(json, report, call),
                        csv -> EvaluationFiles.writeCsv(csv, report));
            }
            return seen.whole() ? ExitCode.DONE : interrupt.exitCode();
        }
    }

    private void stop(EvaluationRun run) {
        spec.commandLine().getErr().println("stopping after the picture at hand; what is measured will be reported. Once more"
                + " ends it at once.");
        run.stop();
    }

    /** Prints the table, and writes the files if they are wanted; the page is written, unless the run was stopped. */
    private void write(String table, EvaluationReport.Data seen, Path page, BiConsumer<Path, List<String>> json,
            Consumer<Path> csv) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(table);
        if (outdir != null) {
            Path metrics = outdir.resolve("metrics.json");
            Path samples = outdir.resolve("per_sample_metrics.csv");
            json.accept(metrics, spec.commandLine().getParseResult().originalArgs());
            csv.accept(samples);
            out.println("written: " + metrics + ", " + samples + (page == null || !seen.whole() ? "" : ", " + page));
        }
    }
}
