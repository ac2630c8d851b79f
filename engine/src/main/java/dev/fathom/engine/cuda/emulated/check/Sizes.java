package dev.fathom.engine.cuda.emulated.check;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Draws the sizes of a launch: one, a power of two and its neighbours, or any number of the range. */
final class Sizes {
    /** From and to, both included. */
    record Range(long low, long high) {
    }

    private Sizes() {
    }

    /**
     * @param ranges  of names that have one; others get 1 to {@code most}
     * @param most    the largest size of a name without a range
     */
    static Map<String, Long> draw(Random random, Collection<String> names, Map<String, Range> ranges, long most) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (String name : names) {
            Range range = ranges.getOrDefault(name, new Range(1, most));
            sizes.put(name, draw(random, range));
        }
        return sizes;
    }

    /** Small sizes as often as large ones: a random number of bits, half the time a power of two or beside one. */
    private static long draw(Random random, Range range) {
        if (random.nextInt(8) == 0) {
            return random.nextBoolean() ? range.low : range.high;
        }
        int bits = random.nextInt(64 - Long.numberOfLeadingZeros(range.high - range.low) + 1);
        long value = range.low + (1L << bits) - 1;
        value += random.nextBoolean() ? random.nextInt(3) - 1 : -random.nextLong((1L << bits) / 2 + 1);
        return Math.clamp(value, range.low, range.high);
    }
}
