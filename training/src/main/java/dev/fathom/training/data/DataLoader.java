package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.numeric.Philox;
import dev.fathom.models.image.NearestResize;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Preprocess;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Turns a data set into training batches: reads, augments, resizes, normalises and crops ahead of the trainer.
 *
 * <p>The transform is the original's: the short side to the input size (cubic; nearest for depth), then a random square
 * crop, its row drawn before its column, all positions equally likely. Batch b of epoch e is a function of the data
 * set, the options and (seed, e, b) alone: not of the number of threads, nor of what was loaded before. So a resumed
 * run asks for {@code epoch(e, b)} and gets what the uninterrupted one would have got.
 *
 * <pre>{@code
 * try (DataLoader.Epoch batches = loader.epoch(3, 0)) {
 *     while (batches.hasNext()) {
 *         Batch batch = batches.next();
 *     }
 * }
 * }</pre>
 */
public final class DataLoader {

    private final DepthDataset data;
    private final LoaderOptions options;
    private final Augmenter augmenter;

    /**
     * A loader over a data set.
     *
     * @throws FathomException if the data set is too small for a single batch
     */
    public DataLoader(DepthDataset data, LoaderOptions options) {
        this.data = data;
        this.options = options;
        this.augmenter = new Augmenter(options.augmentation(), options.seed());
        if (batchesPerEpoch() == 0) {
            throw new FathomException("The data set has " + data.size() + " sample(s), which does not fill one batch "
                    + "of " + options.batchSize() + ": choose a smaller batch or more data.");
        }
    }

    /** Number of batches an epoch. */
    public int batchesPerEpoch() {
        int size = options.batchSize();
        return options.dropLast() ? data.size() / size : (data.size() + size - 1) / size;
    }

    /** The options. */
    public LoaderOptions options() {
        return options;
    }

    /** The batches of one epoch; close it to stop the loader threads early. */
    public static final class Epoch implements Iterator<Batch>, AutoCloseable {
        private final OrderedPrefetch<Batch> batches;

        private Epoch(OrderedPrefetch<Batch> batches) {
            this.batches = batches;
        }

        @Override
        public boolean hasNext() {
            return batches.hasNext();
        }

        /**
         * The next batch; waits for it.
         *
         * @throws FathomException if one of its samples could not be prepared; the message names it
         */
        @Override
        public Batch next() {
            return batches.next();
        }

        @Override
        public void close() {
            batches.close();
        }
    }

    /**
     * Starts loading an epoch.
     *
     * @param epoch      at least 0
     * @param firstBatch where to start, 0 .. batchesPerEpoch()
     */
    public Epoch epoch(int epoch, int firstBatch) {
        int count = batchesPerEpoch();
        if (epoch < 0 || firstBatch < 0 || firstBatch > count) {
            throw new IllegalArgumentException("no batch " + firstBatch + " in epoch " + epoch + ": there are "
                    + count);
        }
        EpochOrder order = order(epoch);
        return new Epoch(new OrderedPrefetch<>("fathom-loader", firstBatch, count, options.threads(), options.ahead(),
                index -> batch(epoch, index, order)));
    }

    /** The samples of an epoch, in the order they are used. */
    private EpochOrder order(int epoch) {
        boolean shuffle = options.shuffle();
        return data.mixture().map(mixture -> mixture.order(options.seed(), epoch, shuffle))
                .orElseGet(() -> EpochOrder.once(shuffle
                ? RandomUse.ORDER.stream(options.seed(), epoch, 0).permutation(data.size())
                : Mixture.inOrder(data.size())));
    }

    private Batch batch(int epoch, int index, EpochOrder order) {
        int first = index * options.batchSize();
        int size = Math.min(options.batchSize(), order.frames().length - first);
        int side = options.inputSize();
        int pixels = side * side;
        float[] image = new float[Math.multiplyExact(3 * pixels, size)];
        float[] depth = new float[pixels * size];
        byte[] valid = new byte[pixels * size];
        int[] validPixels = new int[size];
        List<String> names = new ArrayList<>(size);
        List<BadFrame> bad = new ArrayList<>();
        int repaired = 0;
        for (int n = 0; n < size; n++) {
            int sample = order.frames()[first + n];
            names.add(data.name(sample));
            repaired += prepare(epoch, sample, order.repeats()[first + n], image, depth, n, bad);
            validPixels[n] = mark(depth, valid, n * pixels, pixels);
        }
        if (augmenter.flipsBatch(epoch, index)) {
            Augmenter.flip(image, side, side * size, 3);
            Augmenter.flip(depth, side, side * size, 1);
            Augmenter.flip(valid, side, side * size, 1);
        }
        return new Batch(epoch, index, size, side, image, depth, valid, List.copyOf(names), validPixels, repaired,
                List.copyOf(bad));
    }

    /**
     * Writes one sample to its place in the batch; returns how many of its depths were repaired. The place of one that
     * is left out stays as it is: zeros.
     */
    private int prepare(int epoch, int index, int repeat, float[] image, float[] depth, int n, List<BadFrame> bad) {
        try {
            DepthSample read;
            try {
                read = data.sample(index);
            } catch (FrameException e) {
                if (!options.skipBad().skips()) {
                    throw e;
                }
                bad.add(BadFrame.of(index, data.name(index), e));
                return 0;
            }
            DepthSample sample = augmenter.apply(read, epoch, index, repeat);
            int side = options.inputSize();
            int width = sample.width();
            int height = sample.height();
            NetworkSize size = NetworkSize.of(width, height, side);
            Philox random = RandomUse.CROP.stream(options.seed(), epoch, index, repeat);
            int top = random.nextInt(size.height() - side + 1);
            int left = random.nextInt(size.width() - side + 1);
            Preprocess.window(sample.picture(), size, left, top, side, side, image, 3 * n * side * side);
            NearestResize.window(sample.depth(), width, height, size.width(), size.height(), left, top, side, side,
                    depth, n * side * side);
            return sample.repaired();
        } catch (RuntimeException e) {
            throw named(data.name(index), e);
        }
    }

    /** A failure that says which sample it was. */
    static FathomException named(String name, RuntimeException e) {
        if (e instanceof FathomException f && f.getMessage().contains(name)) {
            return f;
        }
        return new FathomException("The sample " + name + " could not be prepared: "
                + (e.getMessage() == null ? e.toString() : e.getMessage()), e);
    }

    private int mark(float[] depth, byte[] valid, int from, int count) {
        int marked = 0;
        for (int i = from; i < from + count; i++) {
            if (depth[i] > 0 && depth[i] >= options.minDepth() && depth[i] <= options.maxDepth()) {
                valid[i] = 1;
                marked++;
            }
        }
        return marked;
    }
}
