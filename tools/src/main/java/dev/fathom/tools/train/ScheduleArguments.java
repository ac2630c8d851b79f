package dev.fathom.tools.train;

import dev.fathom.training.options.ScheduleOptions;
import picocli.CommandLine.Option;

/** How the learning rates change over a run. */
final class ScheduleArguments {
    @Option(names = "--schedule", defaultValue = "cosine",
            description = "cosine (default), poly as the authors, one-cycle as PyTorch's OneCycleLR, or constant.")
    private ScheduleOptions.Kind kind;

    @Option(names = "--warmup-epochs", paramLabel = "N",
            description = "How long the rate rises from 0 before the schedule, in epochs (default: 0.5 for cosine, 0 for"
                    + " others). Not with one-cycle, which rises by itself.")
    private Double warmupEpochs;

    @Option(names = "--warmup-steps", paramLabel = "N", description = "The same in steps.")
    private Long warmupSteps;

    ScheduleOptions options() {
        if (warmupEpochs == null && warmupSteps == null) {
            return ScheduleOptions.of(kind);
        }
        return new ScheduleOptions(kind, warmupEpochs == null ? 0 : warmupEpochs,
                warmupSteps == null ? 0 : warmupSteps);
    }
}
