package dev.fathom.tests.camera;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.camera.Intrinsics;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** A camera goes with its picture: whatever is done to the picture, a thing in it stays in its direction. */
class IntrinsicsTest {
    /** Direction of a place in the picture, which is measured from the outer corner of the first pixel. */
    private static double right(Intrinsics camera, double column) {
        return (column - 0.5 - camera.cx()) / camera.fx();
    }

    private static double down(Intrinsics camera, double row) {
        return (row - 0.5 - camera.cy()) / camera.fy();
    }

    @Property(tries = 200)
    void resizingKeepsDirections(@ForAll @DoubleRange(min = 50, max = 5000) double f,
            @ForAll @IntRange(min = 2, max = 4000) int w, @ForAll @IntRange(min = 2, max = 4000) int h,
            @ForAll @IntRange(min = 1, max = 3000) int newW, @ForAll @IntRange(min = 1, max = 3000) int newH,
            @ForAll @DoubleRange(min = 0, max = 1) double x, @ForAll @DoubleRange(min = 0, max = 1) double y) {
        Intrinsics camera = new Intrinsics(f, 1.3 * f, 0.4 * w, 0.7 * h);
        Intrinsics small = camera.scaled((double) newW / w, (double) newH / h);
        assertEquals(right(camera, x * w), right(small, x * newW), 1e-12 * (1 + w / f));
        assertEquals(down(camera, y * h), down(small, y * newH), 1e-12 * (1 + h / f));
    }

    @Property(tries = 100)
    void croppingAndFlippingKeepDirections(@ForAll @IntRange(min = 2, max = 4000) int w,
            @ForAll @IntRange(max = 100) int left, @ForAll @IntRange(max = 100) int top,
            @ForAll @DoubleRange(min = 0, max = 1) double x) {
        Intrinsics camera = new Intrinsics(500, 510, 0.3 * w, 99);
        Intrinsics cropped = camera.cropped(left, top);
        assertEquals(right(camera, x * w), right(cropped, x * w - left), 1e-12 * w);
        assertEquals(down(camera, 40), down(cropped, 40 - top), 1e-12 * w);
        assertEquals(right(camera, x * w), -right(camera.flipped(w), w - x * w), 1e-12 * w);
    }

    @Property(tries = 100)
    void aFieldOfViewComesBack(@ForAll @DoubleRange(min = 1, max = 170) double degrees,
            @ForAll @IntRange(min = 1, max = 8000) int width) {
        Intrinsics camera = Intrinsics.ofFieldOfView(degrees, width, 10);
        assertEquals(degrees, camera.fieldOfView(width), 1e-9);
        assertEquals(camera.fx(), camera.fy());
        assertEquals(0, right(camera, width / 2.0), 1e-12);
    }

    @Test
    void whatIsNoCamera() {
        assertThrows(FathomException.class, () -> new Intrinsics(0, 1, 0, 0));
        assertThrows(FathomException.class, () -> new Intrinsics(1, Double.NaN, 0, 0));
        assertThrows(FathomException.class, () -> new Intrinsics(1, 1, Double.POSITIVE_INFINITY, 0));
        assertTrue(assertThrows(FathomException.class, () -> Intrinsics.ofFieldOfView(180, 10, 10)).getMessage()
                .startsWith("A field of view of 180.0 degrees makes no sense"));
    }
}
