package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.ContentHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Several data sets as one, the first one's frames first. In training they share an epoch as a {@link Mixture}. */
public final class MixedDataset implements DepthDataset {
    /**
     * One of the sets.
     *
     * @param name as it was typed
     * @param weight above 0; NaN where no set has one
     */
    public record Part(String name, DepthDataset data, double weight) {
    }

    private final List<Part> parts;
    /** The number of each part's first frame, and of the first beyond them all. */
    private final int[] starts;
    private final Mixture mixture;

    /**
     * Puts sets together.
     *
     * @param parts with weights all of them or none
     * @throws FathomException if a weight is so small that its set would get no place in an epoch
     */
    public MixedDataset(List<Part> parts) {
        this.parts = List.copyOf(parts);
        this.starts = new int[parts.size() + 1];
        long weighted = parts.stream().filter(part -> !Double.isNaN(part.weight)).count();
        if (weighted != 0 && weighted != parts.size()) {
            throw new IllegalArgumentException("weights for " + weighted + " of " + parts.size() + " sets");
        }
        int[] frames = new int[parts.size()];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = parts.get(i).data.size();
            starts[i + 1] = Math.addExact(starts[i], frames[i]);
        }
        this.mixture = Mixture.of(frames, weighted == 0 ? null : parts.stream().mapToDouble(Part::weight).toArray());
        for (int i = 0; i < frames.length; i++) {
            if (mixture.shares().get(i).draws() == 0) {
                throw new FathomException("The data set " + parts.get(i).name + " would get none of the " + size()
                        + " frames of an epoch: expected a larger weight, or leave it out.");
            }
        }
    }

    /** The sets, in order. */
    public List<Part> parts() {
        return parts;
    }

    /** The number of a set's first frame; with the number of sets, how many frames there are. */
    public int start(int part) {
        return starts[part];
    }

    @Override
    public Optional<Mixture> mixture() {
        return Optional.of(mixture);
    }

    @Override
    public int size() {
        return starts[parts.size()];
    }

    @Override
    public DepthSample sample(int index) {
        int part = part(index);
        return parts.get(part).data.sample(index - starts[part]);
    }

    @Override
    public String name(int index) {
        int part = part(index);
        return parts.get(part).data.name(index - starts[part]);
    }

    @Override
    public long pixels(int index) {
        int part = part(index);
        return parts.get(part).data.pixels(index - starts[part]);
    }

    /** Of the set with the largest frames; each set is looked at. */
    @Override
    public long pixelsOfFirstUsable(int looks) {
        return parts.stream().mapToLong(part -> part.data.pixelsOfFirstUsable(looks)).max().orElseThrow();
    }

    @Override
    public String fingerprint() {
        List<String> own = new ArrayList<>(List.of(mixture.toString()));
        parts.forEach(part -> own.add(part.data.fingerprint()));
        return ContentHash.of(own).hex();
    }

    private int part(int index) {
        int found = Arrays.binarySearch(starts, index);
        return found >= 0 ? found : -found - 2;
    }

    /** Who gets how much of an epoch, for people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            Mixture.Share share = mixture.shares().get(i);
            String weight = Double.isNaN(share.weight()) ? "" : ", weight " + number(share.weight());
            String often = share.draws() == share.frames() ? "once"
                    : String.format(Locale.ROOT, "%.2f times", (double) share.draws() / share.frames());
            lines.add(String.format(Locale.ROOT, "%5.1f %% of an epoch: %,d of %,d places%s, each of %,d frames %s, %s",
                    100.0 * share.draws() / mixture.total(), share.draws(), mixture.total(), weight, share.frames(),
                    often, parts.get(i).name));
        }
        return lines;
    }

    private static String number(double weight) {
        return weight == Math.rint(weight) && weight < 1e9 ? Long.toString((long) weight) : Double.toString(weight);
    }
}
