package dev.fathom.tools.train;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.options.LossOptions;
import picocli.CommandLine.Option;

/** What is made small. Numbers that belong to a loss are null where it has none, so that a run's record has only its own. */
final class LossArguments {
    @Option(names = "--loss", defaultValue = "silog", paramLabel = "NAME",
            description = "silog (default) as Depth Anything, silog-zoe as ZoeDepth, l1 or berhu; over all valid pixels of"
                    + " a batch.")
    private LossOptions.Kind kind;

    @Option(names = "--silog-lambda", paramLabel = "X",
            description = "silog: how far a common scale error is forgiven, from 0, not at all, to 1 (default: 0.5).")
    private Double lambda;

    @Option(names = "--silog-beta", paramLabel = "X",
            description = "silog-zoe: how much of a common scale error is punished (default: 0.15).")
    private Double beta;

    @Option(names = "--gradient-weight", defaultValue = "0", paramLabel = "X",
            description = "Add X times the gradient matching term, which makes edges sharp (default: ${DEFAULT-VALUE};"
                    + " 0.5 in MiDaS).")
    private double gradientWeight;

    @Option(names = "--gradient-scales", paramLabel = "N",
            description = "Gradient matching: on how many grids, each half as fine (default: 4).")
    private Integer gradientScales;

    LossOptions options() {
        lambda = own(LossOptions.Kind.SILOG, "--silog-lambda", lambda, LossOptions.LAMBDA);
        beta = own(LossOptions.Kind.SILOG_ZOE, "--silog-beta", beta, LossOptions.BETA);
        if (gradientWeight > 0 && gradientScales == null) {
            gradientScales = LossOptions.SCALES;
        }
        return new LossOptions(kind, lambda == null ? 0 : lambda, beta == null ? 0 : beta, gradientWeight,
                gradientScales == null ? 0 : gradientScales);
    }

    /** A number that one loss has: its default there, a refusal elsewhere even if it is 0. */
    private Double own(LossOptions.Kind its, String name, Double value, double usual) {
        if (kind == its) {
            return value == null ? Double.valueOf(usual) : value;
        }
        if (value != null) {
            throw new FathomException(name + " is " + value + ", but must be left out with --loss " + kind + ": only " + its
                    + " has it.");
        }
        return null;
    }
}
