package dev.fathom.training.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * N samples of one size, ready for the network.
 *
 * @param epoch    which epoch it belongs to
 * @param index    its number within the epoch
 * @param size     N
 * @param side     S, pixels: samples are square crops
 * @param image    [N,S,S,3], normalised, channels last, red first
 * @param depth    [N,S,S], metres; 0 where there is none
 * @param valid    [N,S,S], 1 where the depth counts (measured and within the loader's range), else 0
 * @param names    what to call each sample in a message
 * @param validPixels how many pixels of each sample are valid
 * @param repaired how many NaN, negative or infinite depths became holes, over all samples (before the crop)
 * @param bad      frames that could not be read: in their places are pictures of the mean colour without a valid depth
 */
public record Batch(int epoch, int index, int size, int side, float[] image, float[] depth, byte[] valid,
        List<String> names, int[] validPixels, int repaired, List<BadFrame> bad) {

    /** A batch of frames that are all whole. */
    public Batch(int epoch, int index, int size, int side, float[] image, float[] depth, byte[] valid,
            List<String> names, int[] validPixels, int repaired) {
        this(epoch, index, size, side, image, depth, valid, names, validPixels, repaired, List.of());
    }

    /** Valid pixels of the whole batch; with none, there is nothing to learn from it. */
    public long totalValidPixels() {
        long sum = 0;
        for (int count : validPixels) {
            sum += count;
        }
        return sum;
    }

    /** How many samples have no valid pixel at all. */
    public int emptySamples() {
        int empty = 0;
        for (int count : validPixels) {
            empty += count == 0 ? 1 : 0;
        }
        return empty;
    }

    /**
     * The batch in contiguous parts whose sizes differ by one sample at most, the larger ones first.
     *
     * @param parts how many; with fewer samples than that, as in an epoch's last batch, each is a part of its own
     */
    public List<Batch> split(int parts) {
        if (parts < 1) {
            throw new IllegalArgumentException("a batch cannot be split into " + parts + " parts");
        }
        int count = Math.min(parts, size);
        if (count <= 1) {
            return List.of(this);
        }
        List<Batch> split = new ArrayList<>(count);
        int from = 0;
        for (int i = 0; i < count; i++) {
            int to = from + size / count + (i < size % count ? 1 : 0);
            split.add(samples(from, to));
            from = to;
        }
        return split;
    }

    /** Samples [from, to) as a batch of their own; how many depths were repaired is told by the whole alone. */
    private Batch samples(int from, int to) {
        int pixels = side * side;
        return new Batch(epoch, index, to - from, side, Arrays.copyOfRange(image, 3 * from * pixels, 3 * to * pixels),
                Arrays.copyOfRange(depth, from * pixels, to * pixels),
                Arrays.copyOfRange(valid, from * pixels, to * pixels), names.subList(from, to),
                Arrays.copyOfRange(validPixels, from, to), 0);
    }
}
