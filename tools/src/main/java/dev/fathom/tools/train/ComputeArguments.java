package dev.fathom.tools.train;

import dev.fathom.engine.Precision;
import dev.fathom.training.options.PrecisionOptions;
import picocli.CommandLine.Option;

/** How a step is computed. */
final class ComputeArguments {
    @Option(names = "--precision", defaultValue = "fp32", paramLabel = "P",
            description = "fp32, fp16 (with a dynamic loss scale) or bf16: what products and attention are computed in;"
                    + " weights stay float32 (default: ${DEFAULT-VALUE}).")
    private Precision precision;

    @Option(names = "--loss-scale", defaultValue = "65536", paramLabel = "N",
            description = "fp16: the loss scale at the start, a power of two (default: ${DEFAULT-VALUE}).")
    private double lossScale;

    @Option(names = "--recompute",
            description = "Keep of each transformer block only its input and compute it again for its gradient: half the"
                    + " memory, about a quarter more time, the same bits (default: off).")
    private boolean recompute;

    PrecisionOptions options() {
        return new PrecisionOptions(precision, lossScale);
    }

    boolean recompute() {
        return recompute;
    }
}
