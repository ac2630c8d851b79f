package dev.fathom.tests.clips;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.align.AffineFit.Freedom;
import dev.fathom.tools.tiles.TileGrid;
import dev.fathom.tools.tiles.TiledEstimator;
import dev.fathom.tools.tiles.Tiling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Big photos in tiles, with networks that are formulas: they read from a pixel's colour where it lies. */
class TilesTest {
    private static final int WIDTH = 250;
    private static final int HEIGHT = 130;
    private static final NetworkSize WHOLE = new NetworkSize(70, 42);

    /** What a formula makes of a place in the photo, for the so-manieth call. */
    private interface Formula {
        double at(double x, double y, int call);
    }

    /** A photo whose red is its column and whose green is its row. */
    private static Picture photo() {
        Picture photo = Picture.blank(WIDTH, HEIGHT);
        for (int i = 0; i < photo.pixels(); i++) {
            photo.rgb()[3 * i] = (byte) (i % WIDTH);
            photo.rgb()[3 * i + 1] = (byte) (i / WIDTH);
        }
        return photo;
    }

    private static TiledEstimator.Network network(DepthHead head, Formula formula) {
        int[] calls = {0};
        return (picture, width, height) -> {
            float[] values = new float[width * height];
            double perColumn = (picture.width() - 1.0) / (width - 1);
            double perRow = (picture.height() - 1.0) / (height - 1);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) formula.at(picture.at(0, 0, 0) + i % width * perColumn,
                        picture.at(0, 0, 1) + i / width * perRow, calls[0]);
            }
            calls[0]++;
            return new DepthMap(width, height, values, head);
        };
    }

    private static TiledEstimator.Result run(TiledEstimator.Network network, int tile) {
        return new TiledEstimator(network, new Tiling(tile, 0.25, null)).estimate(photo(), WHOLE, done -> { });
    }

    private static double ramp(double x, double y) {
        return 10 + 0.3 * x + 0.2 * y;
    }

    private static void assertRamp(TiledEstimator.Result result, double tolerance) {
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                assertEquals(ramp(x, y), result.map().at(x, y), tolerance, x + " " + y);
            }
        }
    }

    /** Each tile with a scale and shift of its own: the whole's values come out, and no seam is left. */
    @Test
    void aRampComesOutSeamless() {
        TiledEstimator.Result result = run(network(new DepthHead.Relative(),
                (x, y, call) -> call == 0 ? ramp(x, y) : (0.4 + 0.2 * call) * ramp(x, y) + 3 * call), 80);
        assertEquals(4 * 2, result.tiles());
        assertEquals(0, result.followed());
        // Values to 110 in float32, through a fit and a blend: some roundings of 4e-6 each.
        assertRamp(result, 1e-4);
        assertTrue(result.seams().after() < 1e-6 && result.seams().worst() < 1e-6, result.toString());
        assertTrue(result.seams().before() > 0.1, result.toString());
        assertEquals(10, result.seams().pairs(), "3 in each of two rows, 4 between them");
    }

    /** The figure against pen and paper: two tiles, alike but for a shift of 2 that nothing takes away. */
    @Test
    void theSeamFigureIsTheMeanDifferenceOverTheRange() {
        TiledEstimator.Network steps = network(new DepthHead.Relative(), (x, y, call) -> call == 2 ? 5 : 1 + x / 100);
        TiledEstimator.Result result = run(steps, 150);
        assertEquals(2, result.tiles());
        assertEquals(1, result.followed(), "the second tile is flat");
        assertTrue(result.toString().endsWith("1 without enough in them to align, left as the whole photo's map"),
                result.toString());
        // Raw: 1 + x/100 against 5 at x = 100, 104 ... 148 (mean 124; the overlap is 100 .. 149), over 1 .. 5.
        assertEquals((5 - 2.24) / 4, result.seams().before(), 1e-6);
        // The second tile is the whole's map, which is the same ramp.
        assertEquals(0, result.seams().after(), 1e-6);
    }

    /** Metres get a factor and no shift; a shift that they do have stays visible in the figure. */
    @Test
    void metresAreScaledAlone() {
        DepthHead metric = new DepthHead.Metric(200);
        assertRamp(run(network(metric, (x, y, call) -> call == 0 ? ramp(x, y) : (0.4 + 0.2 * call) * ramp(x, y)), 80),
                1e-4);
        TiledEstimator.Result shifted = run(network(metric,
                (x, y, call) -> call == 0 ? ramp(x, y) : ramp(x, y) + 8 * call), 80);
        assertTrue(shifted.seams().after() > 0.005 && shifted.seams().after() < shifted.seams().before(),
                shifted.toString());
        assertEquals(Freedom.AFFINE, new Tiling(80, 0.25, Freedom.AFFINE).freedom(metric));
    }

    @Test
    void aRelativeMapIsNeverNegative() {
        TiledEstimator.Result result = run(network(new DepthHead.Relative(),
                (x, y, call) -> call == 0 ? Math.max(0, x - 60) : x), 80);
        assertEquals(0, result.map().min());
    }

    @Property(tries = 60)
    void weightsSumToOneEverywhere(@ForAll @IntRange(min = 1, max = 700) int length,
            @ForAll @IntRange(min = 28, max = 200) int tile, @ForAll @DoubleRange(min = 0, max = 0.9) double overlap) {
        TileGrid.Axis axis = TileGrid.of(length, length, tile, overlap).columns();
        double[] sum = new double[length];
        int end = 0;
        for (int i = 0; i < axis.starts().length; i++) {
            float[] weights = axis.weights(i);
            assertTrue(axis.starts()[i] <= end, "a gap before tile " + i);
            assertTrue(i == 0 || end - axis.starts()[i] >= Math.floor(axis.tile() * overlap) - 1, "less overlap");
            end = axis.starts()[i] + weights.length;
            for (int x = 0; x < weights.length; x++) {
                assertTrue(weights[x] >= 0 && weights[x] <= 1);
                sum[axis.starts()[i] + x] += weights[x];
            }
        }
        assertEquals(length, end);
        for (double s : sum) {
            assertEquals(1, s, 1e-6);
        }
    }

    /** No step in the weights: next to each other they differ by no more than the slope of the window allows. */
    @Test
    void weightsAreSmooth() {
        TileGrid.Axis axis = TileGrid.of(1000, 10, 200, 0.25).columns();
        for (int i = 0; i < axis.starts().length; i++) {
            float[] weights = axis.weights(i);
            for (int x = 1; x < weights.length; x++) {
                assertTrue(Math.abs(weights[x] - weights[x - 1]) < 0.06, "tile " + i + " at " + x);
            }
        }
    }

    @Test
    void tilesAreReportedOneByOneAndBadNumbersRefused() {
        List<Integer> done = new ArrayList<>();
        new TiledEstimator(network(new DepthHead.Relative(), (x, y, call) -> ramp(x, y)), new Tiling(80, 0.25, null))
                .estimate(photo(), WHOLE, done::add);
        assertEquals(List.of(1, 2, 3, 4, 5, 6, 7, 8), done);
        for (double overlap : new double[] {-0.1, 0.95, Double.NaN}) {
            FathomException e = Assertions.assertThrows(FathomException.class, () -> new Tiling(80, overlap, null));
            assertEquals("--tile-overlap is " + overlap + ", but must be a share from 0 to 0.9.", e.getMessage());
        }
        assertTrue(Arrays.stream(new int[] {80, 130, 249}).allMatch(t -> new Tiling(t, 0.25, null).cuts(250, 130)));
        assertTrue(!new Tiling(250, 0.25, null).cuts(250, 130));
    }
}
