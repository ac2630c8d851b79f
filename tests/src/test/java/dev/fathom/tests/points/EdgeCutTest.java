package dev.fathom.tests.points;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.points.DepthFrame;
import dev.fathom.tools.points.EdgeCut;
import dev.fathom.tools.points.GridPoints;
import dev.fathom.tools.points.PlyFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What hangs between things is cut; things, their rims and what is thin stay. */
class EdgeCutTest {
    private static final int WIDTH = 24;
    private static final int HEIGHT = 6;

    @TempDir
    private Path folder;

    private static List<Integer> hangingColumns(EdgeCut cut, Scenes.Depth depth) {
        DepthFrame frame = Scenes.frame(WIDTH, HEIGHT, depth);
        List<Integer> columns = new ArrayList<>();
        for (int x = 0; x < WIDTH; x++) {
            if (cut.hangs(frame, 2 * WIDTH + x)) {
                columns.add(x);
            }
        }
        return columns;
    }

    /** 1 m up to column 9, 3 m from column 13, drawn with a slope between. */
    private static double smeared(int x) {
        return Math.clamp(1 + (x - 9) / 4.0 * 2, 1, 3);
    }

    @Test
    void theSlopeBetweenTwoThingsGoes() {
        assertEquals(List.of(10, 11, 12), hangingColumns(EdgeCut.STANDARD, (x, y) -> smeared(x)));
        assertEquals(List.of(10, 11, 12), hangingColumns(new EdgeCut(0.1, 0), (x, y) -> smeared(x)));
        assertEquals(List.of(10, 11, 12), hangingColumns(new EdgeCut(Double.POSITIVE_INFINITY, 20),
                (x, y) -> smeared(x)));
        assertEquals(List.of(), hangingColumns(EdgeCut.NONE, (x, y) -> smeared(x)));
    }

    @Test
    void aCleanEdgeAndAThinThingStay() {
        assertEquals(List.of(), hangingColumns(EdgeCut.STANDARD, (x, y) -> x < 10 ? 1 : 3));
        assertEquals(List.of(), hangingColumns(EdgeCut.STANDARD, (x, y) -> x == 10 ? 1 : 3));
        // What stands beside a hole may be the last that was seen of a thing.
        assertEquals(List.of(), hangingColumns(EdgeCut.STANDARD, (x, y) -> x < 10 ? 1 : x == 10 ? 2 : 0));
    }

    /** The angle is that between the surface and the ray of sight, to a tenth of a degree. */
    @Test
    void theAngleIsMeasuredAtTheRay() {
        int wide = 2400;
        double fx = Scenes.frame(wide, 1, (x, y) -> 1).camera().fx();
        double middle = (wide - 1) / 2.0;
        for (double degrees : new double[] {4, 10, 30}) {
            // A wall through (0, 0, 2) whose angle with the view's axis is this; rays near the axis see it at about it.
            Scenes.Depth wall = (x, y) -> 2 / (1 - (x - middle) / fx / Math.tan(Math.toRadians(degrees)));
            DepthFrame frame = Scenes.frame(wide, 1, wall);
            int i = wide / 2 - 1;
            assertTrue(frame.valid(i) && frame.valid(i + 1), degrees + " degrees");
            assertTrue(new EdgeCut(1e9, degrees + 0.1).broken(frame, i, i + 1), degrees + " degrees");
            assertTrue(!new EdgeCut(1e9, degrees - 0.1).broken(frame, i, i + 1), degrees + " degrees");
        }
    }

    @Test
    void noTriangleReachesAcross() {
        DepthFrame frame = Scenes.frame(WIDTH, HEIGHT, (x, y) -> smeared(x));
        GridPoints points = new GridPoints(frame, EdgeCut.STANDARD, Double.POSITIVE_INFINITY);
        assertEquals(3 * HEIGHT, points.hanging());
        Path file = folder.resolve("mesh.ply");
        assertEquals(2 * (HEIGHT - 1) * (9 + 10), PlyFile.write(file,
                new PlyFile.Form(false, false, PlyFile.Axes.OPENCV), points, points, List.of()));
        PlyReader ply = PlyReader.read(file);
        assertEquals((WIDTH - 3) * HEIGHT, ply.vertices().size());
        for (int[] face : ply.faces()) {
            for (int corner : face) {
                assertEquals(ply.vertices().get(face[0]).get("z"), ply.vertices().get(corner).get("z"));
            }
        }
    }

    @Test
    void whatIsNoCut() {
        assertThrows(FathomException.class, () -> new EdgeCut(0, 3));
        assertThrows(FathomException.class, () -> new EdgeCut(0.1, 90));
        assertThrows(FathomException.class, () -> new EdgeCut(Double.NaN, 3));
    }
}
