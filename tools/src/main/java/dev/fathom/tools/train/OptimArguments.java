package dev.fathom.tools.train;

import dev.fathom.training.optim.LrScale;
import dev.fathom.training.optim.NamePattern;
import dev.fathom.training.options.OptimOptions;
import java.util.List;
import picocli.CommandLine.Option;

/** How weights follow their gradients. */
final class OptimArguments {
    @Option(names = "--lr", defaultValue = "5e-6",
            description = "Learning rate of the encoder (default: ${DEFAULT-VALUE}).")
    private double lr;

    @Option(names = "--head-lr-factor", defaultValue = "10",
            description = "The decoder's rate is this many times --lr (default: ${DEFAULT-VALUE}).")
    private double headFactor;

    @Option(names = "--layer-decay", defaultValue = "1", paramLabel = "D",
            description = "Smaller rates for earlier layers, as BEiT: blocks.i of n has D^(n-i) of the rate, what comes"
                    + " before the blocks D^(n+1), what comes after them all of it. 0.65 to 0.9 is usual (default: off).")
    private double layerDecay;

    @Option(names = "--lr-scale", arity = "1..*", paramLabel = "PATTERN=FACTOR",
            description = "Multiply the rate of parameters whose names match, such as 'pretrained.blocks.[0-5].*=0.1'."
                    + " The last that matches a name holds.")
    private List<String> lrScales;

    @Option(names = "--freeze", arity = "1..*", paramLabel = "PATTERN",
            description = "Leave parameters as they are whose names match, such as 'pretrained.*'. * is any run of"
                    + " characters, ? any one, [0-5] one of a set.")
    private List<String> freeze;

    @Option(names = "--weight-decay", defaultValue = "0.01",
            description = "AdamW's, on all parameters (default: ${DEFAULT-VALUE}).")
    private double weightDecay;

    @Option(names = "--clip-norm", defaultValue = "0", paramLabel = "X",
            description = "Scale gradients down where the norm of all together is above X (default: off).")
    private double clipNorm;

    @Option(names = "--ema", defaultValue = "0", paramLabel = "DECAY",
            description = "Keep a moving average of the weights, such as 0.999; validation and best.safetensors are of"
                    + " it (default: off).")
    private double ema;

    OptimOptions options() {
        return new OptimOptions(lr, headFactor, weightDecay, clipNorm, ema, layerDecay,
                freeze == null ? List.of() : freeze.stream().map(NamePattern::of).toList(),
                lrScales == null ? List.of() : lrScales.stream().map(LrScale::of).toList());
    }
}
