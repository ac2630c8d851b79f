package dev.fathom.tests.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.cuda.kernels.FastDivision;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The division that kernels count with: exact for every n below 2^31. */
class FastDivisionTest {
    /** What {@code fast_divide} of fathom.cuh does. */
    private static int divide(int n, long by) {
        return (int) ((long) n * (by & 0xffffffffL) >>> (by >>> 32));
    }

    private static void check(int n, int d) {
        assertEquals(n / d, divide(n, FastDivision.by(d)), () -> n + " / " + d);
    }

    /** Where a quotient changes is where an error would show. */
    @Property(tries = 2_000)
    void exactAroundMultiples(@ForAll @IntRange(min = 1) int d, @ForAll @IntRange(min = 0) int n) {
        check(n, d);
        int multiple = n / d * d;
        check(multiple, d);
        check(Math.max(0, multiple - 1), d);
        check(Integer.MAX_VALUE, d);
    }

    @Test
    void exactForSmallAndExtremeDivisors() {
        for (int d : new int[] {1, 2, 3, 5, 7, 31, 33, 641, 1 << 16, (1 << 16) + 1, (1 << 30) - 1, 1 << 30,
                (1 << 30) + 1, Integer.MAX_VALUE}) {
            for (int n : new int[] {0, 1, d - 1, d, 2 * Math.min(d, 1 << 29) - 1, Integer.MAX_VALUE - 1,
                    Integer.MAX_VALUE}) {
                check(n, d);
            }
        }
    }
}
