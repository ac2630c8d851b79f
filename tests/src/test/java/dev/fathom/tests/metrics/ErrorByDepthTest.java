package dev.fathom.tests.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.fathom.training.metrics.ErrorByDepth;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ErrorByDepthTest {
    @Test
    void pixelsCountWhereTheirTrueDepthLies() {
        ErrorByDepth errors = new ErrorByDepth(1, 5, 4);
        // Holes, too near, too far: not counted. 1 and 5 belong to the first and the last part.
        errors.add(new float[] {9, 9, 9, 1.5f, 1, 4}, new float[] {0, 0.5f, 5.5f, 1, 2, 5});
        errors.add(new float[] {2, 2}, new float[] {2, 2.5f});
        Map<String, Object> map = errors.toMap();
        assertEquals(List.of(1f, 2f, 3f, 4f, 5f), map.get("edges"));
        assertEquals(List.of(1L, 3L, 0L, 1L), map.get("pixels"));
        // By hand: |1.5 - 1| / 1; (1 / 2 + 0 + 0.5 / 2.5) / 3; none; 1 / 5.
        assertEquals(List.of(0.5, (0.5 + 0 + 0.2) / 3, Double.NaN, 0.2), map.get("abs_rel"));
        assertEquals(List.of(0.5, (1 + 0 + 0.5) / 3, Double.NaN, 1.0), map.get("mae"));
    }

    @Test
    void picturesOfTwoSizesAreRefused() {
        ErrorByDepth errors = new ErrorByDepth(0.001f, 10, ErrorByDepth.PARTS);
        assertThrows(IllegalArgumentException.class, () -> errors.add(new float[3], new float[4]));
    }
}
