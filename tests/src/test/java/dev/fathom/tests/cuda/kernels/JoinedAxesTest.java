package dev.fathom.tests.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Shape;
import dev.fathom.engine.cuda.kernels.JoinedAxes;
import dev.fathom.engine.ops.Binary;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Axes joined to as few as possible, and cut into parts that a kernel can count. */
class JoinedAxesTest {
    private static JoinedAxes broadcast(Shape y, Shape... from) {
        int[][] steps = new int[from.length][];
        for (int k = 0; k < from.length; k++) {
            steps[k] = Binary.broadcastStrides(from[k], y);
        }
        return JoinedAxes.of(y, steps);
    }

    @Test
    void neighboursJoinWhereEverySourceIsWholeOrRepeated() {
        JoinedAxes axes = broadcast(Shape.of(2, 3, 1, 5, 7), Shape.of(2, 3, 1, 5, 7), Shape.of(5, 7));
        assertArrayEquals(new int[] {6, 35}, axes.extents());
        assertArrayEquals(new long[] {35, 1}, axes.steps()[0]);
        assertArrayEquals(new long[] {0, 1}, axes.steps()[1]);
        assertTrue(broadcast(Shape.of(1, 4, 5), Shape.of(1, 4, 5), Shape.of(4, 5)).dense(1));
        assertFalse(axes.dense(1));
        assertTrue(broadcast(Shape.SCALAR, Shape.SCALAR).dense(0));
    }

    @Test
    void permutedAxesJoinOnlyWhereTheyStayNeighbours() {
        // x [2,3,5,7] permuted to [5,7,2,3]: two axes are left.
        assertArrayEquals(new int[] {35, 6}, JoinedAxes.of(Shape.of(5, 7, 2, 3), new int[] {7, 1, 105, 35}).extents());
        assertEquals(4, JoinedAxes.of(Shape.of(7, 5, 3, 2), new int[] {1, 7, 35, 105}).count());
    }

    /** A result of 6 * 10^9 elements: parts without gaps, of at most 2^30 elements and two axes. */
    @Test
    void partsCoverALargeResultOnce() {
        for (Shape y : List.of(Shape.of(3, 2_000_000_000), Shape.of(2_000_000_000, 3), Shape.of(3, 5, 400_000_000))) {
            Shape small = y.with(0, 1);
            List<long[]> parts = new ArrayList<>();
            long[] covered = {0};
            broadcast(y, y.rank() == 3 ? small.with(2, 1) : small).parts(2, (part, at) -> {
                assertTrue(part.count() <= 2 && part.numel() <= 1 << 30, () -> part + " of " + y);
                assertEquals(covered[0], at[1], () -> "a gap in front of " + part);
                covered[0] += part.numel();
                parts.add(at);
            });
            assertEquals(y.numel(), covered[0]);
            assertTrue(parts.size() >= 6 && parts.size() <= 15, () -> y + " in " + parts.size() + " parts");
        }
    }
}
