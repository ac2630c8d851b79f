package dev.fathom.tests.numeric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.numeric.Philox;
import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PhiloxTest {

    /** The known answers published with Random123 (kat_vectors, philox4x32 10). */
    @Test
    void matchesThePublishedVectors() {
        int[] out = new int[4];
        Philox.block(0, 0, 0, 0, 0, 0, out);
        assertArrayEquals(new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, out);
        Philox.block(-1, -1, -1, -1, -1, -1, out);
        assertArrayEquals(new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, out);
        Philox.block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, out);
        assertArrayEquals(new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}, out);
    }

    /** A stream is the bare function with the block number in word 0, the key split low half first. */
    @Test
    void aStreamCountsBlocks() {
        Philox stream = new Philox(0x299f31d0_a4093822L, 11, 22, 33);
        int[] expected = new int[4];
        for (int block = 0; block < 3; block++) {
            Philox.block(block, 11, 22, 33, 0xa4093822, 0x299f31d0, expected);
            for (int word : expected) {
                assertEquals(word, stream.nextInt());
            }
        }
    }

    @Property(tries = 200)
    void streamsDifferInEveryWord(@ForAll long seed, @ForAll int a, @ForAll int b, @ForAll int c) {
        int first = new Philox(seed, a, b, c).nextInt();
        assertEquals(first, new Philox(seed, a, b, c).nextInt());
        assertNotEquals(first, new Philox(seed + 1, a, b, c).nextInt());
        assertNotEquals(first, new Philox(seed + (1L << 32), a, b, c).nextInt());
        assertNotEquals(first, new Philox(seed, a + 1, b, c).nextInt());
        assertNotEquals(first, new Philox(seed, a, b + 1, c).nextInt());
        assertNotEquals(first, new Philox(seed, a, b, c + 1).nextInt());
    }

    @Property(tries = 100)
    void boundedNumbersStayInRange(@ForAll long seed, @ForAll @IntRange(min = 1) int bound) {
        Philox random = new Philox(seed, 0, 0, 0);
        for (int i = 0; i < 20; i++) {
            int value = random.nextInt(bound);
            assertTrue(value >= 0 && value < bound);
        }
    }

    /** Six values, 60 000 draws: each count within five standard deviations of 10 000. */
    @Test
    void boundedNumbersAreEven() {
        Philox random = new Philox(42, 1, 2, 3);
        int[] counts = new int[6];
        IntStream.range(0, 60_000).forEach(i -> counts[random.nextInt(6)]++);
        double deviation = Math.sqrt(60_000 * (1 / 6.0) * (5 / 6.0));
        for (int count : counts) {
            assertEquals(10_000, count, 5 * deviation);
        }
        assertThrows(IllegalArgumentException.class, () -> random.nextInt(0));
    }

    @Test
    void fractionsAndGaussiansHaveTheirMoments() {
        Philox random = new Philox(7, 0, 0, 0);
        int n = 100_000;
        double sum = 0;
        double gaussSum = 0;
        double gaussSquares = 0;
        for (int i = 0; i < n; i++) {
            double u = random.nextDouble();
            float f = random.nextFloat();
            assertTrue(u >= 0 && u < 1 && f >= 0 && f < 1);
            sum += u + f;
            double g = random.nextGaussian();
            gaussSum += g;
            gaussSquares += g * g;
        }
        assertEquals(0.5, sum / (2 * n), 5 * Math.sqrt(1.0 / 12 / (2 * n)));
        assertEquals(0, gaussSum / n, 5 / Math.sqrt(n));
        assertEquals(1, gaussSquares / n, 5 * Math.sqrt(2.0 / n));
    }

    @Property(tries = 100)
    void permutationsHoldEveryNumberOnce(@ForAll long seed, @ForAll @IntRange(max = 200) int count) {
        int[] order = new Philox(seed, 5, 0, 0).permutation(count);
        Arrays.sort(order);
        assertArrayEquals(IntStream.range(0, count).toArray(), order);
    }
}
