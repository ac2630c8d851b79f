package dev.fathom.tests.clips;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.tools.align.AffineFit;
import dev.fathom.tools.align.AffineFit.Freedom;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

/** The robust fit of one map to another. */
class AffineFitTest {
    private static float[] map(long seed, int count) {
        Random random = new Random(seed);
        float[] map = new float[count];
        for (int i = 0; i < count; i++) {
            map[i] = 1 + 4 * random.nextFloat();
        }
        return map;
    }

    private static float[] mapped(float[] x, double scale, double shift) {
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = (float) (scale * x[i] + shift);
        }
        return y;
    }

    @Property(tries = 50)
    void findsWhatAMapWentThrough(@ForAll @DoubleRange(min = 0.01, max = 100) double scale,
            @ForAll @DoubleRange(min = -50, max = 50) double shift, @ForAll long seed) {
        float[] x = map(seed, 200);
        AffineFit fit = AffineFit.robust(x, mapped(x, scale, shift), Freedom.AFFINE).orElseThrow();
        // y is rounded to float32, half an ulp of its largest value; x spreads over 4.
        double rounding = Math.ulp((float) (5 * scale + Math.abs(shift)));
        assertEquals(scale, fit.scale(), rounding);
        assertEquals(shift, fit.shift(), 5 * rounding);
        AffineFit metres = AffineFit.robust(x, mapped(x, scale, 0), Freedom.SCALE).orElseThrow();
        assertEquals(scale, metres.scale(), Math.ulp((float) (5 * scale)));
        assertEquals(0, metres.shift());
    }

    /** A third of the pixels on one side, as when something walks in: least squares would follow it, this does not. */
    @Test
    void aThirdOfThePixelsElsewhereDoesNotMoveIt() {
        float[] x = map(5, 900);
        float[] y = mapped(x, 0.5, 2);
        Arrays.fill(y, 0, 300, 40);
        AffineFit fit = AffineFit.robust(x, y, Freedom.AFFINE).orElseThrow();
        assertEquals(0.5, fit.scale(), 1e-6);
        assertEquals(2, fit.shift(), 1e-6);
        y = mapped(x, 0.5, 0);
        Arrays.fill(y, 0, 300, 40);
        assertEquals(0.5, AffineFit.robust(x, y, Freedom.SCALE).orElseThrow().scale(), 1e-6);
    }

    @Test
    void whatDoesNotDetermineItGivesNothing() {
        float[] x = map(1, 100);
        float[] flat = new float[100];
        Arrays.fill(flat, 3);
        assertTrue(AffineFit.robust(flat, x, Freedom.AFFINE).isEmpty(), "x is flat");
        assertTrue(AffineFit.robust(x, mapped(x, -1, 9), Freedom.AFFINE).isEmpty(), "they run against each other");
        assertTrue(AffineFit.robust(x, mapped(x, -1, 0), Freedom.SCALE).isEmpty(), "a negative scale");
        assertTrue(AffineFit.robust(new float[100], x, Freedom.SCALE).isEmpty(), "x is 0");
        assertTrue(AffineFit.robust(map(1, 15), map(1, 15), Freedom.AFFINE).isEmpty(), "too few");
        Arrays.fill(x, 0, 90, Float.NaN);
        assertTrue(AffineFit.robust(x, x, Freedom.AFFINE).isEmpty(), "too few that are numbers");
    }

    /** Sky is 0 in more than half of many maps; the fit has to look at the rest. */
    @Test
    void aMapThatIsMostlySky() {
        float[] x = map(3, 400);
        Arrays.fill(x, 0, 260, 0);
        AffineFit fit = AffineFit.robust(x, mapped(x, 3, 1), Freedom.AFFINE).orElseThrow();
        assertEquals(3, fit.scale(), 1e-4);
        assertEquals(1, fit.shift(), 1e-4);
    }

    @Test
    void agreementIsWhatIsLeftOfTheSpread() {
        float[] x = map(8, 500);
        assertEquals(1, AffineFit.robust(x, mapped(x, 2, 1), Freedom.AFFINE).orElseThrow().agreement(), 1e-5);
        double strangers = AffineFit.robust(x, map(9, 500), Freedom.AFFINE).map(AffineFit::agreement).orElse(0.0);
        assertTrue(strangers < 0.2, "two maps that have nothing to do with each other: " + strangers);
    }
}
