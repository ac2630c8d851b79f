package dev.fathom.training.data;

import dev.fathom.models.image.NetworkSize;

/**
 * How a {@link DataLoader} makes batches. Start from {@link #defaults} and change what differs.
 *
 * @param batchSize    N, at least 1
 * @param inputSize    S, pixels: short side after resizing and side of the crop; a multiple of 14
 * @param minDepth     metres: nearer pixels are not valid
 * @param maxDepth     metres: farther pixels are not valid
 * @param shuffle      a new random order each epoch, or the data set's own
 * @param dropLast     leave out the last batch where it would be smaller
 * @param augmentation what is varied at random
 * @param seed         of every random choice
 * @param threads      loader threads, at least 1; changes speed, never results
 * @param ahead        batches prepared beyond the one in use, at least 1
 * @param skipBad      what happens to a frame that cannot be read
 */
public record LoaderOptions(int batchSize, int inputSize, float minDepth, float maxDepth, boolean shuffle,
        boolean dropLast, Augmentation augmentation, long seed, int threads, int ahead,
        SkipBad skipBad) {

    /** Checks the ranges. */
    public LoaderOptions {
        check(batchSize >= 1, "the batch size must be at least 1, not " + batchSize);
        check(inputSize >= NetworkSize.PATCH && inputSize % NetworkSize.PATCH == 0,
                "the input size must be a positive multiple of 14, not " + inputSize);
        check(minDepth >= 0 && maxDepth > minDepth,
                "depths must satisfy 0 <= min < max, not " + minDepth + " and " + maxDepth);
        check(threads >= 1, "there must be at least 1 loader thread, not " + threads);
        check(ahead >= 1, "at least 1 batch must be prepared ahead, not " + ahead);
    }

    private static void check(boolean ok, String sentence) {
        if (!ok) {
            throw new IllegalArgumentException(sentence);
        }
    }

    /** Shuffled, last batch dropped, 518 pixels, depths of 0.001 to 10 m, the article's augmentation, seed 42. */
    public static LoaderOptions defaults(int batchSize) {
        return new LoaderOptions(batchSize, NetworkSize.DEFAULT_INPUT_SIZE, 0.001f, 10f, true, true,
                Augmentation.article(), 42, 2, 2, SkipBad.STOP);
    }

    /** The same with another input size, a multiple of 14. */
    public LoaderOptions withInputSize(int size) {
        return new LoaderOptions(batchSize, size, minDepth, maxDepth, shuffle, dropLast, augmentation, seed, threads,
                ahead, skipBad);
    }

    /** The same with another range of depths that count, metres, inclusive. */
    public LoaderOptions withDepthRange(float min, float max) {
        return new LoaderOptions(batchSize, inputSize, min, max, shuffle, dropLast, augmentation, seed,
                threads, ahead, skipBad);
    }

    /** The same, shuffled or not, the last small batch dropped or kept. */
    public LoaderOptions withOrder(boolean shuffled, boolean lastDropped) {
        return new LoaderOptions(batchSize, inputSize, minDepth, maxDepth, shuffled, lastDropped, augmentation, seed,
                threads, ahead, skipBad);
    }

    /** The same with other augmentation. */
    public LoaderOptions withAugmentation(Augmentation other) {
        return new LoaderOptions(batchSize, inputSize, minDepth, maxDepth, shuffle, dropLast, other, seed, threads,
                ahead, skipBad);
    }

    /** The same with another seed. */
    public LoaderOptions withSeed(long other) {
        return new LoaderOptions(batchSize, inputSize, minDepth, maxDepth, shuffle, dropLast, augmentation, other,
                threads, ahead, skipBad);
    }

    /** The same with other threads and another look-ahead: other speed, same batches. */
    public LoaderOptions withThreads(int count, int batchesAhead) {
        return new LoaderOptions(batchSize, inputSize, minDepth, maxDepth, shuffle, dropLast, augmentation, seed, count,
                batchesAhead, skipBad);
    }

    /** The same with frames that cannot be read left out, or not. */
    public LoaderOptions withSkipBad(SkipBad policy) {
        return new LoaderOptions(batchSize, inputSize, minDepth, maxDepth, shuffle, dropLast, augmentation, seed,
                threads, ahead, policy);
    }
}
