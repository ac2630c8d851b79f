package dev.fathom.tools.train;

import dev.fathom.tools.cli.WrongCall;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What a run leaves to look at while it goes and afterwards. */
final class WatchArguments {
    @Option(names = "--events", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Write event files for TensorBoard into the run's folder (default: on).")
    private boolean events;

    @Option(names = "--histogram-every", defaultValue = "100", paramLabel = "STEPS",
            description = "Event files: histograms of the gradients every so many steps, 0 for none (default:"
                    + " ${DEFAULT-VALUE}).")
    private long histogramEvery;

    @Option(names = "--panels", defaultValue = "6", paramLabel = "K",
            description = "Draw image, true depth, prediction and error of the same K validation samples after each epoch,"
                    + " 0 for none (default: ${DEFAULT-VALUE}).")
    private int panels;

    /** Refuses what the words alone show to be wrong. */
    void check(CommandSpec spec) {
        WrongCall.unless(histogramEvery >= 0, spec, "--histogram-every is " + histogramEvery
                + ", but a number of steps is not negative.");
        WrongCall.unless(panels >= 0, spec, "--panels is " + panels + ", but a number of samples is not negative.");
    }

    boolean events() {
        return events;
    }

    long histogramEvery() {
        return histogramEvery;
    }

    int panels() {
        return panels;
    }
}
