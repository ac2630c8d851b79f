package dev.fathom.tools.evaluate;

import dev.fathom.tools.cli.WrongCall;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.metrics.MapMeasure;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What is measured, and how far the numbers can be trusted. */
public final class MeasureArguments {
    @Option(names = "--measures", paramLabel = "NAMES", description =
            "Measures of whole maps besides those of pixels: boundary (F1 of depth edges), eight-bit (RMSE, PSNR and SSIM of"
            + " 8-bit pictures), or both with a comma.")
    private String measures;

    @Option(names = "--bootstrap", defaultValue = "10000", paramLabel = "N", description =
            "Resamples for confidence intervals; 0 for none (default: ${DEFAULT-VALUE}).")
    private int resamples;

    @Option(names = "--bootstrap-method", defaultValue = "bca", paramLabel = "NAME", description =
            "bca (default), corrected for bias and skewness, or percentile.")
    private Bootstrap.Method method;

    @Option(names = "--confidence", defaultValue = "0.95", paramLabel = "P", description =
            "Of the intervals (default: ${DEFAULT-VALUE}).")
    private double confidence;

    @Option(names = "--seed", defaultValue = "0", description = "Of the resamples (default: ${DEFAULT-VALUE}).")
    private long seed;

    /** Checks what needs no file. */
    void check(CommandSpec spec) {
        WrongCall.orValue(spec, this::families);
        WrongCall.orValue(spec, this::bootstrap);
    }

    List<MapMeasure.Family> families() {
        return measures == null ? List.of() : MapMeasure.Family.parse(measures);
    }

    /** Empty if no intervals are wanted. */
    Optional<Bootstrap> bootstrap() {
        return resamples == 0 ? Optional.empty() : Optional.of(new Bootstrap(resamples, confidence, method, seed));
    }
}
