package dev.fathom.tests.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.image.CubicResize;
import dev.fathom.models.image.NearestResize;
import dev.fathom.tests.golden.Formula;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ResizeTest {

    private static double[] values(int count) {
        float[] floats = Formula.floats("resize", count, 1, 0);
        double[] out = new double[count];
        Arrays.setAll(out, i -> floats[i]);
        return out;
    }

    @Property(tries = 50)
    void toItsOwnSizeIsTheIdentity(@ForAll @IntRange(min = 1, max = 40) int width,
            @ForAll @IntRange(min = 1, max = 40) int height) {
        double[] source = values(3 * width * height);
        assertArrayEquals(source, new CubicResize(width, height, width, height).resize(source, 3));
        float[] map = Formula.floats("map", width * height, 1, 0);
        assertArrayEquals(map, NearestResize.resize(map, width, height, width, height));
    }

    @Property(tries = 100)
    void aConstantStaysConstant(@ForAll @IntRange(min = 1, max = 40) int inWidth,
            @ForAll @IntRange(min = 1, max = 40) int inHeight, @ForAll @IntRange(min = 1, max = 60) int outWidth,
            @ForAll @IntRange(min = 1, max = 60) int outHeight) {
        double[] source = new double[inWidth * inHeight];
        Arrays.fill(source, 0.7);
        for (double v : new CubicResize(inWidth, inHeight, outWidth, outHeight).resize(source, 1)) {
            assertEquals(0.7, v, 1e-6);     // the weights are floats whose sum is 1 only to rounding
        }
    }

    /** The rule written again, the slow way: every output pixel from its sixteen sources, columns inside rows. */
    @Property(tries = 60)
    void matchesTheRuleWrittenOut(@ForAll @IntRange(min = 1, max = 24) int inWidth,
            @ForAll @IntRange(min = 1, max = 24) int inHeight, @ForAll @IntRange(min = 1, max = 40) int outWidth,
            @ForAll @IntRange(min = 1, max = 40) int outHeight) {
        double[] source = values(2 * inWidth * inHeight);
        double[] out = new CubicResize(inWidth, inHeight, outWidth, outHeight).resize(source, 2);
        for (int y = 0; y < outHeight; y++) {
            for (int x = 0; x < outWidth; x++) {
                for (int c = 0; c < 2; c++) {
                    double[] across = new double[4];
                    for (int j = 0; j < 4; j++) {
                        int sy = Math.clamp(floor(y, inHeight, outHeight) - 1 + j, 0, inHeight - 1);
                        double[] along = new double[4];
                        for (int i = 0; i < 4; i++) {
                            int sx = Math.clamp(floor(x, inWidth, outWidth) - 1 + i, 0, inWidth - 1);
                            along[i] = source[(sy * inWidth + sx) * 2 + c];
                        }
                        across[j] = weighted(along, weights(x, inWidth, outWidth));
                    }
                    assertEquals(weighted(across, weights(y, inHeight, outHeight)), out[(y * outWidth + x) * 2 + c]);
                }
            }
        }
    }

    private static float position(int d, int in, int out) {
        return (float) ((d + 0.5) * (1 / (out / (double) in)) - 0.5);
    }

    private static int floor(int d, int in, int out) {
        return (int) Math.floor(position(d, in, out));
    }

    private static float[] weights(int d, int in, int out) {
        float t = position(d, in, out) - floor(d, in, out);
        float a = -0.75f;
        float[] w = new float[4];
        w[0] = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
        w[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
        w[2] = ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1;
        w[3] = 1 - w[0] - w[1] - w[2];
        return w;
    }

    private static double weighted(double[] v, float[] w) {
        return v[0] * w[0] + v[1] * w[1] + v[2] * w[2] + v[3] * w[3];
    }

    @Property(tries = 60)
    void aWindowHoldsWhatTheWholeHoldsThere(@ForAll @IntRange(min = 1, max = 20) int in,
            @ForAll @IntRange(min = 1, max = 30) int out, @ForAll @IntRange(min = 0, max = 29) int corner) {
        int at = Math.min(corner, out - 1);
        int size = out - at;
        double[] source = values(in * in);
        double[] whole = new CubicResize(in, in, out, out).resize(source, 1);
        List<Integer> read = new ArrayList<>();
        new CubicResize(in, in, out, out).window(1, at, at, size, size, (y, row) -> {
            read.add(y);
            System.arraycopy(source, y * in, row, 0, in);
        }, (y, row) -> {
            for (int x = 0; x < size; x++) {
                assertEquals(whole[(at + y) * out + at + x], row[x]);
            }
        });
        assertEquals(read.stream().sorted().distinct().toList(), read, "each source row once, in order");

        float[] map = Formula.floats("map", in * in, 1, 0);
        float[] nearest = NearestResize.resize(map, in, in, out, out);
        float[] cut = new float[size * size];
        NearestResize.window(map, in, in, out, out, at, at, size, size, cut, 0);
        for (int i = 0; i < cut.length; i++) {
            assertEquals(nearest[(at + i / size) * out + at + i % size], cut[i]);
        }
    }

    @Property(tries = 100)
    void nearestTakesGrowingPositionsInside(@ForAll @IntRange(min = 1, max = 3000) int in,
            @ForAll @IntRange(min = 1, max = 3000) int out) {
        int[] sources = NearestResize.sources(in, out);
        assertEquals(0, sources[0]);
        for (int d = 1; d < out; d++) {
            assertTrue(sources[d] >= sources[d - 1] && sources[d] < in);
        }
    }
}
