package dev.fathom.tools;

import dev.fathom.engine.cpu.Processors;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.bench.BenchCommand;
import dev.fathom.tools.calibrate.CalibrateCommand;
import dev.fathom.tools.cli.CommandSections;
import dev.fathom.tools.cli.ExitCode;
import dev.fathom.tools.cli.Nearest;
import dev.fathom.tools.cli.Sentence;
import dev.fathom.tools.cli.Terminal;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.config.ConfigFile;
import dev.fathom.tools.data.DataCommand;
import dev.fathom.tools.data.SynthCommand;
import dev.fathom.tools.evaluate.EvaluateCommand;
import dev.fathom.tools.gpu.GpuCommand;
import dev.fathom.tools.gpu.KernelsCommand;
import dev.fathom.tools.machine.DoctorCommand;
import dev.fathom.tools.points.PointCloudCommand;
import dev.fathom.tools.predict.PredictCommand;
import dev.fathom.tools.quickstart.QuickstartCommand;
import dev.fathom.tools.report.run.ReportCommand;
import dev.fathom.tools.train.ReplayCommand;
import dev.fathom.tools.train.TrainCommand;
import dev.fathom.tools.video.VideoCommand;
import dev.fathom.tools.weights.ConvertCommand;
import dev.fathom.tools.weights.ExportCommand;
import dev.fathom.tools.weights.InfoCommand;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;
import picocli.CommandLine;

/**
 * The command line {@code tools/fathom}: one subcommand a class.
 *
 * <p>Exit codes: 0 done; 1 failed, with one sentence on standard error; 2 called wrongly (the words alone show it,
 * whatever the files hold), with the sentence and where to find help; 130 interrupted. A stack trace appears only with
 * {@code --debug}.
 */
@Command(name = "fathom", mixinStandardHelpOptions = true, versionProvider = Main.VersionLine.class,
    subcommands = {QuickstartCommand.class, PredictCommand.class, VideoCommand.class, CalibrateCommand.class,
        TrainCommand.class, EvaluateCommand.class, InfoCommand.class, ConvertCommand.class, ExportCommand.class, SynthCommand.class, BenchCommand.class,
        DoctorCommand.class, GpuCommand.class, KernelsCommand.class, ReplayCommand.class, ReportCommand.class,
        DataCommand.class, PointCloudCommand.class, CommandLine.HelpCommand.class},
    description = "Depth from single pictures, on the JVM: Depth Anything V2 without Python.",
    synopsisSubcommandLabel = "COMMAND", commandListHeading = "%nCommands:%n", optionListHeading = "%nOptions:%n",
    footer = {"", "'fathom COMMAND --help' explains a command."})
public final class Main {
    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show the stack trace when something fails.")
    private boolean debug;

    @Option(names = "--threads", scope = ScopeType.INHERIT, paramLabel = "N",
        description = "Threads to compute with; the physical cores by default. Results do not depend on it.")
    private Integer threads;

    /** What {@code --version} prints. */
    static final class VersionLine implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Version.line()};
        }
    }

    public static void main(String[] args) {
        boolean colours = Terminal.interactive() && System.getenv("NO_COLOR") == null;
        System.exit(run(colours ? Ansi.ON : Ansi.OFF, new PrintWriter(System.out, true),
            new PrintWriter(System.err, true),
            args));
    }

    /**
     * Runs a command line inside this process, as {@code main} does but for the exit.
     *
     * @return the exit code
     */
    public static int run(Ansi ansi, PrintWriter out, PrintWriter err, String... args) {
        Main main = new Main();
        CommandLine line = new CommandLine(main);
        line.setOut(out).setErr(err);
        line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, new CommandSections());
        line.setColorScheme(CommandLine.Help.defaultColorScheme(ansi));
        line.setUsageHelpAutoWidth(false).setUsageHelpWidth(Math.clamp(Terminal.columns(), 80, 110));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionStrategy(main::execute);
        line.setParameterExceptionHandler(main::wrongCall);
        line.setExecutionExceptionHandler((failure, command, parsed) -> main.failed(failure, command.getErr()));
        try {
            return line.execute(ConfigFile.expand(line, args));
        } catch (FathomException e) {
            return main.failed(e, err);
        } catch (OutOfMemoryError e) {
            return main.failed(new FathomException("Java's memory of " + (Runtime.getRuntime().maxMemory() >> 20)
                + " MiB is full (" + e.getMessage()
                + "); take smaller pictures or batches, or give it more, for example with"
                + " FATHOM_JAVA_OPTS=-Xmx8g.", e), err);
        }
    }

    private int execute(ParseResult parsed) {
        // picocli forgives everything beside --help; a misspelt command would show the help of another.
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        if (!last.unmatched().isEmpty()) {
            throw new UnmatchedArgumentException(last.commandSpec().commandLine(), last.unmatched());
        }
        if (threads != null) {
            if (threads < 1 || threads > 1024) {
                throw new ParameterException(parsed.commandSpec().commandLine(),
                    "--threads is " + threads + ", but a number of threads is 1 to 1024.");
            }
            System.setProperty(Processors.PROPERTY, threads.toString());
        }
        if (!parsed.hasSubcommand() && !parsed.isUsageHelpRequested() && !parsed.isVersionHelpRequested()) {
            CommandLine line = parsed.commandSpec().commandLine();
            line.usage(line.getErr());
            return ExitCode.WRONG_CALL;
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private int wrongCall(ParameterException failure, String[] args) {
        CommandLine line = failure.getCommandLine();
        PrintWriter err = line.getErr();
        err.println(Sentence.of(message(failure)));
        suggestion(failure, args).ifPresent(name -> err.println("Did you mean " + name + "?"));
        if (debugWanted(args)) {
            failure.printStackTrace(err);
        }
        err.println("'" + line.getCommandSpec().qualifiedName() + " --help' lists what there is.");
        return ExitCode.WRONG_CALL;
    }

    /** picocli's, but for the one that begins with a small letter, and the one about a command that there is not. */
    private static String message(ParameterException failure) {
        if (failure instanceof UnmatchedArgumentException unmatched
            && !failure.getCommandLine().getSubcommands().isEmpty()
            && !unmatched.getUnmatched().getFirst().startsWith("-")) {
            return "There is no command '" + unmatched.getUnmatched().getFirst() + "'.";
        }
        return failure.getMessage().replaceFirst("^option '", "Option '");
    }

    private int failed(Exception failure, PrintWriter err) {
        if (failure instanceof FathomException) {
            err.println(Sentence.of(failure.getMessage()));
        } else {
            err.println("Fathom has made a mistake: " + failure + ". Please report it, with what --debug shows.");
        }
        if (debug) {
            failure.printStackTrace(err);
        }
        return ExitCode.FAILED;
    }

    /**
     * What a misspelt option or command may have meant. picocli reports a missing option before an unknown one,
     * although the second is often the reason; so the words of the call are looked through in both cases.
     */
    private static Optional<String> suggestion(ParameterException failure, String[] args) {
        CommandSpec command = failure.getCommandLine().getCommandSpec();
        if (failure instanceof UnmatchedArgumentException unmatched
            && !unmatched.getUnmatched().getFirst().startsWith("-")) {
            return Nearest.to(unmatched.getUnmatched().getFirst(), command.subcommands().keySet());
        }
        List<String> likely = switch (failure) {
            case MissingParameterException missing -> missing.getMissing().stream().filter(ArgSpec::isOption)
                .map(o -> ((OptionSpec) o).longestName()).toList();
            case UnmatchedArgumentException unmatched -> List.copyOf(command.optionsMap().keySet());
            default -> List.of();
        };
        return Arrays.stream(args).map(a -> a.split("=", 2)[0])
            .filter(a -> a.startsWith("--") && !command.optionsMap().containsKey(a)).findFirst()
            .flatMap(a -> Nearest.to(a, likely).map(near -> near + " instead of " + a));
    }

    private static boolean debugWanted(String[] args) {
        return List.of(args).contains("--debug");
    }
}
