package dev.fathom.tools.train;

import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.training.data.Augmentation;
import dev.fathom.training.data.FlipMode;
import dev.fathom.training.options.BatchOptions;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What a step is made of. */
final class BatchArguments {
    /** {@code --bs auto} before a number is chosen. */
    private static final int AUTO = Integer.MIN_VALUE;

    @Option(names = "--max-depth", required = true, paramLabel = "M",
            description = "Largest depth in metres: the head's range, and the mask's.")
    private double maxDepth;

    @Option(names = "--min-depth", defaultValue = "0.001", paramLabel = "M",
            description = "Nearer pixels are masked (default: ${DEFAULT-VALUE}).")
    private float minDepth;

    @Option(names = {"--bs", "--batch-size"}, defaultValue = "4", paramLabel = "N", converter = SizeConverter.class,
            description = "Pictures a step, or auto: as many as the memory holds (default: ${DEFAULT-VALUE}).")
    private Integer size;

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

    /** Reads {@code auto} as {@link #AUTO}; the options' own check refuses other numbers below 1. */
    static final class SizeConverter implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String word) {
            if (word.equalsIgnoreCase("auto")) {
                return AUTO;
            }
            try {
                int number = Integer.parseInt(word);
                return number == AUTO ? 0 : number;
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + word + "' is neither a whole number nor auto");
            }
        }
    }

    /** Whether the number of pictures has not been chosen yet. */
    boolean isAuto() {
        return size == AUTO;
    }

    /** From now on the option reads as if this had been given. */
    void choose(int pictures) {
        size = pictures;
    }

    /** Until {@link #choose}, of an automatic batch the smallest. */
    BatchOptions options(int smallest) {
        return new BatchOptions(isAuto() ? smallest : size, inputSize, minDepth, (float) maxDepth, augmentation());
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
