package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many frames that cannot be read (see {@link FrameException}) an epoch, or a validation, may do without.
 *
 * <p>A frame that is left out keeps its place: the batch has a black hole there, a picture of the mean colour without a
 * single valid depth, from which nothing is learnt. So every other sample, its augmentation and its place in the
 * schedule stay what they are without the fault, and no frame is seen twice.
 *
 * @param most how many, or how many of a hundred
 * @param percent whether {@code most} is of a hundred
 */
public record SkipBad(double most, boolean percent) {
    /** The first frame that cannot be read ends the run. */
    public static final SkipBad STOP = new SkipBad(0, false);
    /** Any number; an epoch without a single usable frame is an error all the same. */
    public static final SkipBad ALL = new SkipBad(100, true);

    private static final Pattern WORD = Pattern.compile("(\\d{1,9})|(\\d{1,3}(?:\\.\\d{1,6})?)%");

    /**
     * From the command line's word.
     *
     * @throws FathomException if it is none of {@code stop}, a number, a percentage or {@code all}
     */
    public static SkipBad of(String word) {
        String lower = word.strip().toLowerCase(Locale.ROOT);
        Matcher matcher = WORD.matcher(lower);
        if (lower.equals("stop")) {
            return STOP;
        } else if (lower.equals("all")) {
            return ALL;
        } else if (matcher.matches()) {
            boolean share = matcher.group(2) != null;
            double value = Double.parseDouble(matcher.group(share ? 2 : 1));
            if (!share || value <= 100) {
                return new SkipBad(value, share);
            }
        }
        throw new FathomException("--skip-bad is " + word + ", but must be stop, a number of frames (20), a share of"
                + " them (1%) or all.");
    }

    /** Whether a bad frame may be left out at all. */
    public boolean skips() {
        return most > 0;
    }

    /** How many of so many frames may be left out. */
    public int limit(int frames) {
        return (int) Math.min(frames, percent ? Math.floor(frames * most / 100) : most);
    }

    /**
     * Refuses to go on when too many are bad.
     *
     * @param set what the frames are: {@code training}
     * @param counts so far, of one epoch or validation, by fault
     * @param frames of the set
     * @param last the one found last
     * @throws FathomException naming it
     */
    public void check(String set, Map<String, Integer> counts, int frames, BadFrame last) {
        int found = counts.values().stream().mapToInt(Integer::intValue).sum();
        int limit = limit(frames);
        if (found > limit) {
            throw new FathomException(String.format(Locale.ROOT, "%,d of the %,d %s frames cannot be read (%s), where"
                    + " --skip-bad %s allows %,d; the last: %s", found, frames, set, words(counts), this, limit,
                    last.sentence()));
        }
    }

    /** {@code 3 damaged, 1 missing}. */
    public static String words(Map<String, Integer> counts) {
        StringBuilder words = new StringBuilder();
        new TreeMap<>(counts).forEach((fault, count) -> words.append(words.isEmpty() ? "" : ", ")
                .append(String.format(Locale.ROOT, "%,d ", count)).append(fault));
        return words.toString();
    }

    /** The word that {@link #of} takes. */
    @Override
    public String toString() {
        String number = most == Math.rint(most) ? Long.toString((long) most) : Double.toString(most);
        return equals(STOP) ? "stop" : equals(ALL) ? "all" : percent ? number + "%" : number;
    }
}
