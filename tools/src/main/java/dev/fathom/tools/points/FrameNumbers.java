package dev.fathom.tools.points;

import dev.fathom.engine.errors.FathomException;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Frames of a data set as they are typed: {@code 3}, {@code 0-9,20}, {@code all}. */
final class FrameNumbers {
    private static final Pattern PART = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?");
    private static final String ALL = "all";

    private FrameNumbers() {
    }

    /** @throws FathomException if the words are no numbers */
    static void check(String words) {
        if (!words.equals(ALL)) {
            for (String part : words.split(",", -1)) {
                Matcher range = PART.matcher(part);
                if (!range.matches() || range.group(2) != null
                        && Integer.parseInt(range.group(2)) < Integer.parseInt(range.group(1))) {
                    throw new FathomException("--frames is '" + words
                            + "'; expected numbers from 0, like 3 or 0-9,20, or all.");
                }
            }
        }
    }

    /**
     * The numbers, each once, in their order.
     *
     * @param size how many frames there are
     * @throws FathomException if a number is beyond
     */
    static List<Integer> of(String words, int size) {
        check(words);
        if (words.equals(ALL)) {
            return IntStream.range(0, size).boxed().toList();
        }
        TreeSet<Integer> numbers = new TreeSet<>();
        for (String part : words.split(",")) {
            Matcher range = PART.matcher(part);
            range.matches();
            int from = Integer.parseInt(range.group(1));
            int to = range.group(2) == null ? from : Integer.parseInt(range.group(2));
            if (to >= size) {
                throw new FathomException("--frames asks for frame " + to + ", but there are " + size
                        + ", numbered from 0 to " + (size - 1) + ".");
            }
            IntStream.rangeClosed(from, to).forEach(numbers::add);
        }
        return List.copyOf(numbers);
    }
}
