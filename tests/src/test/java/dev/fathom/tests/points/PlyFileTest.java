package dev.fathom.tests.points;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import dev.fathom.tools.points.DepthFrame;
import dev.fathom.tools.points.EdgeCut;
import dev.fathom.tools.points.GridPoints;
import dev.fathom.tools.points.PlyFile;
import dev.fathom.tools.points.PlyFile.Axes;
import dev.fathom.tools.points.PlyFile.Form;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of points hold what the original makes of the same depth, and a reader of its own finds it. */
class PlyFileTest {
    @TempDir
    private Path folder;

    private PlyReader written(GridPoints points, Form form, boolean mesh) {
        Path file = folder.resolve("cloud.ply");
        PlyFile.write(file, form, points, mesh ? points : null, List.of("one", "two\nlines", "sch\u00f6n"));
        return PlyReader.read(file);
    }

    private static GridPoints all(DepthFrame frame) {
        return new GridPoints(frame, EdgeCut.NONE, Double.POSITIVE_INFINITY);
    }

    @Test
    void pointsOfTheOriginal() {
        Golden golden = new Golden("e_pre/pointcloud");
        JsonNode json = golden.json();
        JsonNode depth = json.get("depth");
        int h = depth.get("shape").get(0).asInt();
        int w = depth.get("shape").get(1).asInt();
        float[] z = Formula.floats(depth.get("formula").asText(), h * w, depth.get("scale").asDouble(),
                depth.get("offset").asDouble());
        // The original takes W / 2 for the middle, half a pixel beside it.
        Intrinsics camera = new Intrinsics(json.get("fx").asDouble(), json.get("fy").asDouble(), w / 2.0, h / 2.0);
        float[] expected = golden.npy("points.npy").floats();
        for (boolean ascii : new boolean[] {false, true}) {
            PlyReader ply = written(all(new DepthFrame(Scenes.colours(w, h), z, camera)),
                    new Form(ascii, false, Axes.OPENCV), false);
            assertEquals(ascii ? "ascii" : "binary_little_endian", ply.format());
            assertEquals(h * w, ply.vertices().size());
            for (int i = 0; i < h * w; i++) {
                double[] xyz = ply.vertices().get(i).xyz();
                for (int k = 0; k < 3; k++) {
                    assertEquals(expected[3 * i + k], xyz[k], json.get("tol_abs").asDouble(), "point " + i);
                }
                assertEquals(200 + i % w, ply.vertices().get(i).get("red"));
                assertEquals(3 * (i / w), ply.vertices().get(i).get("green"));
                assertEquals(i, ply.vertices().get(i).get("blue"));
            }
        }
    }

    @Test
    void commentsAreLinesOfAscii() {
        assertEquals(List.of("one", "two lines", "sch?n"), written(all(Scenes.frame(2, 2, (x, y) -> 1)),
                new Form(false, false, Axes.OPENCV), false).comments());
    }

    @Test
    void onlyWhatHasADepth() {
        float[] depth = {1, 0, Float.NaN, -1, Float.POSITIVE_INFINITY, 2};
        GridPoints points = new GridPoints(new DepthFrame(Scenes.colours(3, 2), depth,
                Intrinsics.centred(3, 3, 2)), EdgeCut.NONE, 1.5);
        assertEquals(1, points.count());
        assertEquals(2, points.withDepth());
        assertEquals(1, points.tooFar());
        PlyReader ply = written(points, new Form(true, true, Axes.OPENCV), true);
        assertArrayEquals(new double[] {-1 / 3f, -0.5 / 3f, 1}, ply.vertices().getFirst().xyz(), 1e-7);
        assertEquals(0, ply.faces().size());
    }

    /** On a slanted plane every normal and every triangle faces the camera, whatever the diagonals and the axes. */
    @ParameterizedTest
    @ValueSource(doubles = {0.48, -0.48})
    void normalsAndTrianglesFaceTheCamera(double nx) {
        // The plane n.p = -2 with n towards the camera.
        double[] n = {nx, -0.6, -0.64};
        Intrinsics c = Scenes.frame(60, 40, (x, y) -> 1).camera();
        DepthFrame frame = Scenes.frame(60, 40, (x, y) -> -2 / (n[0] * (x - c.cx()) / c.fx() + n[1] * (y - c.cy())
                / c.fy() + n[2]));
        for (Axes axes : Axes.values()) {
            int up = axes == Axes.OPENCV ? 1 : -1;
            double[] expected = {n[0], up * n[1], up * n[2]};
            PlyReader ply = written(all(frame), new Form(false, true, axes), true);
            for (PlyReader.Row v : ply.vertices()) {
                assertArrayEquals(expected, new double[] {v.get("nx"), v.get("ny"), v.get("nz")}, 1e-5);
                assertEquals(-2, dot(expected, v.xyz()), 1e-5);
            }
            assertEquals(2 * 59 * 39, ply.faces().size());
            for (int[] face : ply.faces()) {
                double[] a = ply.vertices().get(face[0]).xyz();
                double[] turn = cross(minus(ply.vertices().get(face[1]).xyz(), a),
                        minus(ply.vertices().get(face[2]).xyz(), a));
                assertTrue(dot(turn, expected) > 0.99 * Math.sqrt(dot(turn, turn)), "a triangle is turned away");
            }
        }
    }

    private static double dot(double[] a, double[] b) {
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    }

    private static double[] minus(double[] a, double[] b) {
        return new double[] {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    }

    private static double[] cross(double[] a, double[] b) {
        return new double[] {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    }
}
