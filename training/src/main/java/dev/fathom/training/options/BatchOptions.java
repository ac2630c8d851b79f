package dev.fathom.training.options;

import dev.fathom.models.image.NetworkSize;
import dev.fathom.training.data.Augmentation;
import dev.fathom.training.data.LoaderOptions;

/**
 * What a step is made of.
 *
 * @param size pictures a step, however many devices and parts share them
 * @param inputSize short side and crop, pixels, a multiple of 14
 * @param minDepth metres: nearer pixels are not learnt from
 * @param maxDepth metres: farther pixels are not learnt from, and the head's largest value
 * @param augmentation what is varied at random
 */
public record BatchOptions(int size, int inputSize, float minDepth, float maxDepth, Augmentation augmentation) {
    /** @throws dev.fathom.engine.errors.FathomException if a value makes no sense */
    public BatchOptions {
        Check.that(size >= 1, "--batch-size", size, "at least 1");
        Check.that(inputSize >= NetworkSize.PATCH && inputSize % NetworkSize.PATCH == 0, "--input-size", inputSize,
                "a multiple of 14");
        Check.that(minDepth >= 0 && minDepth < Float.POSITIVE_INFINITY, "--min-depth", minDepth, "0 or more metres");
        Check.that(maxDepth > minDepth && maxDepth < Float.POSITIVE_INFINITY, "--max-depth", maxDepth,
                "more metres than --min-depth");
    }

    /** The fine-tuning article's for NYU: 4 crops of 518 pixels, depths of 1 mm to 10 m. */
    public static BatchOptions article() {
        return new BatchOptions(4, NetworkSize.DEFAULT_INPUT_SIZE, 0.001f, 10f, Augmentation.article());
    }

    /** The same with another number of pictures of another size. */
    public BatchOptions of(int otherSize, int otherInputSize) {
        return new BatchOptions(otherSize, otherInputSize, minDepth, maxDepth, augmentation);
    }

    /** What the loader is to do: each of its threads has a batch to work on. */
    public LoaderOptions loader(long seed, int threads) {
        return LoaderOptions.defaults(size).withInputSize(inputSize).withDepthRange(minDepth, maxDepth)
                .withAugmentation(augmentation).withSeed(seed).withThreads(threads, Math.max(2, threads));
    }
}
