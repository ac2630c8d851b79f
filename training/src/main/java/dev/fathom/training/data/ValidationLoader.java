package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Preprocess;
import java.util.Iterator;

/**
 * Prepares a data set's samples one by one, in order, for validation: whole pictures at the network size of their own
 * aspect ratio, no augmentation, depth left at its original resolution. Iterate it once, then close it.
 */
public final class ValidationLoader implements Iterator<ValidationSample>, AutoCloseable {

    private final OrderedPrefetch<ValidationSample> samples;

    /**
     * Starts loading.
     *
     * @param inputSize lower bound of the short side, pixels
     * @param threads   loader threads, at least 1; changes speed, never results
     */
    public ValidationLoader(DepthDataset data, int inputSize, int threads) {
        this.samples = new OrderedPrefetch<>("fathom-validation", 0, data.size(), threads, threads + 1,
                index -> prepare(data, inputSize, index));
    }

    private static ValidationSample prepare(DepthDataset data, int inputSize, int index) {
        try {
            DepthSample sample = data.sample(index);
            NetworkSize size = NetworkSize.of(sample.width(), sample.height(), inputSize);
            float[] image = new float[Math.multiplyExact(3 * size.width(), size.height())];
            Preprocess.window(sample.picture(), size, 0, 0, size.width(), size.height(), image, 0);
            return new ValidationSample(sample, index, size.width(), size.height(), image);
        } catch (RuntimeException e) {
            throw DataLoader.named(data.name(index), e);
        }
    }

    @Override
    public boolean hasNext() {
        return samples.hasNext();
    }

    /**
     * The next sample; waits for it.
     *
     * @throws FathomException if it could not be prepared; the message names it
     */
    @Override
    public ValidationSample next() {
        return samples.next();
    }

    @Override
    public void close() {
        samples.close();
    }
}
