package dev.fathom.tools.train;

import dev.fathom.training.options.OptimOptions;
import picocli.CommandLine.Option;

/** How weights follow their gradients. */
final class OptimArguments {
    @Option(names = "--lr", defaultValue = "5e-6",
            description = "Learning rate of the encoder (default: ${DEFAULT-VALUE}).")
    private double lr;

    @Option(names = "--head-lr-factor", defaultValue = "10",
            description = "The decoder's rate is this many times --lr (default: ${DEFAULT-VALUE}).")
    private double headFactor;

    @Option(names = "--weight-decay", defaultValue = "0.01",
            description = "AdamW's, on all parameters (default: ${DEFAULT-VALUE}).")
    private double weightDecay;

    OptimOptions options() {
        return new OptimOptions(lr, headFactor, weightDecay);
    }
}
