package dev.fathom.tools.train;

import dev.fathom.training.nan.OnNan;
import dev.fathom.training.trainer.RunPolicy;
import picocli.CommandLine.Option;

/** What happens when a loss or a gradient is not finite. */
final class NanArguments {
    @Option(names = "--on-nan", defaultValue = "stop", paramLabel = "WHAT",
            description = "When a loss or a gradient is NaN or infinite: stop (save the state before the step and end,"
                    + " default) or skip (leave the step out). Either says where it came from and keeps the step in the"
                    + " run's nan folder for 'fathom replay'.")
    private OnNan onNan;

    @Option(names = "--max-skips", defaultValue = "10", paramLabel = "N",
            description = "--on-nan skip: how many steps a whole run may leave out before it ends"
                    + " (default: ${DEFAULT-VALUE}).")
    private int maxSkips;

    /** A policy with this answer. */
    RunPolicy in(RunPolicy policy) {
        return policy.withOnNan(onNan, maxSkips);
    }
}
