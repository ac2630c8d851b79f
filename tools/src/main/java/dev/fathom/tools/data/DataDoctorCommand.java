package dev.fathom.tools.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.cli.DatasetArguments;
import dev.fathom.tools.cli.DatasetText;
import dev.fathom.tools.cli.ExitCode;
import dev.fathom.tools.cli.Interrupt;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.tools.config.ConfigFile;
import dev.fathom.tools.data.doctor.DoctorFiles;
import dev.fathom.tools.data.doctor.DoctorPage;
import dev.fathom.tools.data.doctor.DoctorText;
import dev.fathom.tools.output.JsonFile;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.doctor.Checkup;
import dev.fathom.training.data.doctor.Diagnosis;
import dev.fathom.training.data.doctor.SetFacts;
import dev.fathom.training.data.doctor.Severity;
import dev.fathom.training.data.sets.OrdinalDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom data doctor}: looks at a data set before anyone trains on it. */
@Command(name = "doctor", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Look at a data set before anyone trains on it or measures with it.", "",
        "Finds depth in another unit, bit-rotated, wrapped or inverse depth, holes, empty and constant maps, duplicates, "
            + "depth beside the picture or under another one, odd sizes, bad exposure, files that cannot be read, and "
            + "pictures that are in two sets. Says where, why it is believed and what to do."},
    footer = {"", "Exit code: 0 no fault, 1 a fault of the level --fail-on (or the set cannot be opened), 2 a wrong call,"
        + " 130 interrupted.", "",
        "Example: fathom data doctor --dataset nyu-png:/data/nyu/train --against nyu-png:/data/nyu/val --outdir checkup"})
final class DataDoctorCommand implements Callable<Integer> {
    private static final String ALL = "all";

    /** From which level on a finding makes the exit code 1. */
    enum FailOn { ERROR, WARNING, NEVER }

    @Option(names = ConfigFile.OPTION, paramLabel = "FILE", description =
        "Take options from a YAML or JSON file, 'samples: all' for --samples all. What is on the command line as well wins.")
    private Path config;

    @Mixin
    private DatasetArguments which;

    @Option(names = "--against", paramLabel = "NAME:PATH", converter = DatasetText.NamedOrFolder.class, description =
        "Another set that must have no picture in common with this one, such as that for validation; a folder alone is"
            + " NYU-layout HDF5.")
    private DatasetText against;

    @Option(names = "--samples", defaultValue = "500", paramLabel = "N", description =
        "How many frames of each set to read, evenly spread over it (default: ${DEFAULT-VALUE}), or all. Copies and leaks"
            + " are found among these alone.")
    private String samples;

    @Option(names = "--outdir", paramLabel = "DIR", description =
        "Also write doctor.html (findings, histograms, the strangest frames), doctor.json and frames.csv here.")
    private Path outdir;

    @Option(names = "--json", description = "Print JSON instead of text.")
    private boolean json;

    @Option(names = "--fail-on", defaultValue = "error", paramLabel = "LEVEL", description =
        "Which findings make the exit code 1: error (default), warning (and errors), never.")
    private FailOn failOn;

    @Option(names = "--workers", defaultValue = "2", paramLabel = "N", description =
        "Threads that read; results do not depend on it (default: ${DEFAULT-VALUE}).")
    private int workers;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        DatasetText text = which.text(spec);
        WrongCall.unless(workers >= 1, spec, "--workers is " + workers + ", but must be at least 1.");
        Checkup checkup = new Checkup(most(), workers);
        // Not even the first frame need be sound here.
        DepthDataset data = text.spec().format().opener().apply(text.spec());
        if (data instanceof OrdinalDataset) {
            throw new FathomException(text + " has pairs of points and no depth, which is what the doctor looks at; 'fathom"
                + " evaluate' measures on it, and --against " + text
                + " tells whether its pictures are in another set.");
        }
        Optional<DepthDataset> other = Optional.ofNullable(against).map(a -> a.spec().format().opener().apply(a.spec()));
        if (outdir != null) {
            OutputFolder.make(outdir);
        }
        AtomicBoolean stopped = new AtomicBoolean();
        try (Interrupt interrupt = Interrupt.calls(() -> stopped.set(true))) {
            SetFacts seen = look(checkup, data, text, stopped);
            Optional<SetFacts> others = other.map(o -> look(checkup, o, against, stopped));
            Diagnosis diagnosis = Diagnosis.of(seen, others);
            report(diagnosis, data, text, stopped.get());
            return stopped.get() ? interrupt.exitCode() : exitCode(diagnosis);
        }
    }

    private int most() {
        if (samples.equals(ALL)) {
            return Integer.MAX_VALUE;
        }
        boolean number = samples.matches("[0-9]{1,9}") && Integer.parseInt(samples) > 0;
        WrongCall.unless(number, spec, "--samples is " + samples
                + ", but must be a number of frames, at least 1, or all.");
        return Integer.parseInt(samples);
    }

    private static SetFacts look(Checkup checkup, DepthDataset data, DatasetText text, AtomicBoolean stopped) {
        try (Progress progress = Progress.start("Looking", checkup.looked(data), "frames")) {
            BooleanSupplier goOn = () -> {
                progress.step();
                return !stopped.get();
            };
            return checkup.of(data, text.toString(), text.spec().format().settings().containsKey("unit"), goOn);
        }
    }

    private void report(Diagnosis diagnosis, DepthDataset data, DatasetText text, boolean stopped) {
        PrintWriter out = spec.commandLine().getOut();
        if (stopped) {
            spec.commandLine().getErr().println("Interrupted: what follows is about the frames read so far.");
        }
        if (json) {
            out.println(JsonFile.text(DoctorFiles.facts(diagnosis)));
        } else {
            new DoctorText(text.spec().path()).lines(diagnosis).forEach(out::println);
        }
        if (outdir != null) {
            List<Path> files = DoctorFiles.in(outdir);
            new DoctorPage(diagnosis, data, new DoctorText(text.spec().path())).page().save(files.get(0));
            JsonFile.write(files.get(1), DoctorFiles.facts(diagnosis));
            DoctorFiles.writeCsv(files.get(2), diagnosis.set());
            (json ? spec.commandLine().getErr() : out).println("written: " + files.get(0) + ", " + files.get(1) + ", "
                + files.get(2));
        }
    }

    private int exitCode(Diagnosis diagnosis) {
        int faults = switch (failOn) {
            case ERROR -> diagnosis.count(Severity.ERROR);
            case WARNING -> diagnosis.count(Severity.ERROR) + diagnosis.count(Severity.WARNING);
            case NEVER -> 0;
        };
        return faults > 0 ? ExitCode.FAILED : ExitCode.DONE;
    }
}
