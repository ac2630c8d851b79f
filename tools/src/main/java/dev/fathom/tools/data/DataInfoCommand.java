package dev.fathom.tools.data;

import dev.fathom.tools.cli.DatasetArguments;
import dev.fathom.tools.cli.DatasetText;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.sets.DatasetSummary;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom data info}: what a data set holds, by a sample of its frames. */
@Command(name = "info", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Say what a data set holds: how many frames, and of a sample of them sizes, depths, holes, camera.")
final class DataInfoCommand implements Callable<Integer> {
    @Mixin
    private DatasetArguments which;

    @Option(names = "--frames", defaultValue = "50", paramLabel = "N",
        description = "How many frames to read, evenly spread over the set (default: ${DEFAULT-VALUE}).")
    private int frames;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        DatasetText text = which.text(spec);
        WrongCall.unless(frames >= 1, spec, "--frames is " + frames + ", but must be at least 1.");
        DepthDataset data = text.open(SkipBad.ALL);
        DatasetSummary summary;
        try (Progress progress = Progress.start("Reading", Math.min(frames, data.size()), "frames")) {
            summary = DatasetSummary.of(data, frames, progress::step);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(String.format(Locale.ROOT, "%s: %,d frames", text, data.size()));
        data.declared().ifPresent(words -> out.println("declared " + words));
        out.println("fingerprint " + data.fingerprint());
        summary.lines().forEach(out::println);
        return 0;
    }
}
