package dev.fathom.tools.train;

import dev.fathom.training.options.ScheduleOptions;
import picocli.CommandLine.Option;

/** How the learning rates change over a run. */
final class ScheduleArguments {
    @Option(names = "--schedule", defaultValue = "cosine",
            description = "cosine with warm-up (default), poly as the authors, or constant.")
    private ScheduleOptions.Kind kind;

    @Option(names = "--warmup-epochs", defaultValue = "0.5",
            description = "Cosine: how long the rate rises, in epochs (default: ${DEFAULT-VALUE}).")
    private double warmupEpochs;

    ScheduleOptions options() {
        return new ScheduleOptions(kind, warmupEpochs);
    }
}
