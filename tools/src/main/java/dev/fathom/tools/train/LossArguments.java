package dev.fathom.tools.train;

import dev.fathom.training.options.LossOptions;
import picocli.CommandLine.Option;

/** What is made small. */
final class LossArguments {
    @Option(names = "--silog-lambda", defaultValue = "0.5", description = "SiLog's lambda (default: ${DEFAULT-VALUE}).")
    private double lambda;

    LossOptions options() {
        return new LossOptions(lambda);
    }
}
