package dev.fathom.tools.train;

import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.training.data.Augmentation;
import dev.fathom.training.data.FlipMode;
import dev.fathom.training.options.BatchOptions;
import picocli.CommandLine.Option;

/** What a step is made of. */
final class BatchArguments {
    @Option(names = "--max-depth", required = true, paramLabel = "M",
            description = "Largest depth in metres: the head's range, and the mask's.")
    private double maxDepth;

    @Option(names = "--min-depth", defaultValue = "0.001", paramLabel = "M",
            description = "Nearer pixels are masked (default: ${DEFAULT-VALUE}).")
    private float minDepth;

    @Option(names = {"--bs", "--batch-size"}, defaultValue = "4",
            description = "Pictures a step (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(names = {"--img-size", "--input-size"}, defaultValue = "518",
            description = "Short side and crop in pixels, a multiple of 14 (default: ${DEFAULT-VALUE}).")
    private int inputSize;

    @Option(names = "--flip", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Horizontal flip (default: on).")
    private boolean flip;

    @Option(names = "--jitter", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Colour jitter of 0.1 (default: on).")
    private boolean jitter;

    @Option(names = "--noise", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Gaussian noise, variance up to 25 of 255 (default: on).")
    private boolean noise;

    BatchOptions options() {
        return new BatchOptions(size, inputSize, minDepth, (float) maxDepth, augmentation());
    }

    /** The head that can say every depth that is learnt. */
    DepthHead head() {
        return new DepthHead.Metric(maxDepth);
    }

    private Augmentation augmentation() {
        Augmentation a = Augmentation.article();
        a = flip ? a : a.withFlip(FlipMode.NONE, 0);
        a = jitter ? a : a.withJitter(0, 0);
        return noise ? a : a.withNoise(0, 0);
    }
}
