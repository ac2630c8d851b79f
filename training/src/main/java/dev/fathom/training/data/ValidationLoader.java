package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Preprocess;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Prepares a data set's samples one by one, in order, for validation: whole pictures at the network size of their own
 * aspect ratio, no augmentation, depth left at its original resolution. Iterate it once, then close it.
 *
 * <p>Frames that cannot be read end it, or are left out and told to a listener when their turn comes.
 */
public final class ValidationLoader implements Iterator<ValidationSample>, AutoCloseable {

    /** What became of a frame: one of the two is null. */
    private record Item(ValidationSample sample, BadFrame bad) {
    }

    private final OrderedPrefetch<Item> items;
    private final Consumer<BadFrame> leftOut;
    private ValidationSample next;

    /**
     * Starts loading; a frame that cannot be read ends it.
     *
     * @param inputSize lower bound of the short side, pixels
     * @param threads   loader threads, at least 1; changes speed, never results
     */
    public ValidationLoader(DepthDataset data, int inputSize, int threads) {
        this(data, inputSize, threads, null);
    }

    /**
     * Starts loading.
     *
     * @param inputSize lower bound of the short side, pixels
     * @param threads   loader threads, at least 1; changes speed, never results
     * @param leftOut   sees every frame that cannot be read, on the caller's thread; null if such a one ends the
     *                  loading
     */
    public ValidationLoader(DepthDataset data, int inputSize, int threads, Consumer<BadFrame> leftOut) {
        this(data, OptionalInt.of(inputSize), threads, leftOut);
    }

    /**
     * Starts loading.
     *
     * @param inputSize lower bound of the short side, pixels; if empty, samples come without a network's input
     * @param threads   loader threads, at least 1; changes speed, never results
     * @param leftOut   as above
     */
    public ValidationLoader(DepthDataset data, OptionalInt inputSize, int threads, Consumer<BadFrame> leftOut) {
        this.leftOut = leftOut;
        this.items = new OrderedPrefetch<>("fathom-validation", 0, data.size(), threads, threads + 1,
                index -> prepare(data, inputSize, index, leftOut != null));
    }

    private static Item prepare(DepthDataset data, OptionalInt inputSize, int index, boolean skips) {
        try {
            DepthSample sample;
            try {
                sample = data.sample(index);
            } catch (FrameException e) {
                if (!skips) {
                    throw e;
                }
                return new Item(null, BadFrame.of(index, data.name(index), e));
            }
            if (inputSize.isEmpty()) {
                return new Item(new ValidationSample(sample, index, 0, 0, new float[0]), null);
            }
            NetworkSize size = NetworkSize.of(sample.width(), sample.height(), inputSize.getAsInt());
            float[] image = new float[Math.multiplyExact(3 * size.width(), size.height())];
            Preprocess.window(sample.picture(), size, 0, 0, size.width(), size.height(), image, 0);
            return new Item(new ValidationSample(sample, index, size.width(), size.height(), image), null);
        } catch (RuntimeException e) {
            throw DataLoader.named(data.name(index), e);
        }
    }

    /** Whether there is another sample; waits where only the next frames can tell. */
    @Override
    public boolean hasNext() {
        while (next == null && items.hasNext()) {
            Item item = items.next();
            next = item.sample;
            if (item.bad != null) {
                leftOut.accept(item.bad);
            }
        }
        return next != null;
    }

    /**
     * The next sample; waits for it.
     *
     * @throws FathomException if it could not be prepared; the message names it
     */
    @Override
    public ValidationSample next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        ValidationSample sample = next;
        next = null;
        return sample;
    }

    @Override
    public void close() {
        items.close();
    }
}
