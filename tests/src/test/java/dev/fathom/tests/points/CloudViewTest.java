package dev.fathom.tests.points;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.points.CloudView;
import dev.fathom.tools.points.DepthFrame;
import dev.fathom.tools.points.EdgeCut;
import dev.fathom.tools.points.GridPoints;
import dev.fathom.tools.points.VoxelPoints;
import dev.fathom.tools.points.Viewpoint;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The picture of a cloud: what is near hides what is far, surfaces have no holes, angles are what they are called. */
class CloudViewTest {
    private static final int RED = 1;
    private static final int GREEN = 2;
    private static final int NOTHING = 0;

    /** A green wall 4 m away, and before its middle a red square 2 m away. */
    private static GridPoints squareBeforeWall() {
        int w = 160;
        int h = 120;
        Picture picture = Picture.blank(w, h);
        float[] depth = new float[w * h];
        for (int i = 0; i < depth.length; i++) {
            boolean red = Math.abs(i % w - 79.5) < 20 && Math.abs(i / w - 59.5) < 20;
            depth[i] = red ? 2 : 4;
            picture.rgb()[3 * i + (red ? 0 : 1)] = (byte) 255;
        }
        return new GridPoints(new DepthFrame(picture, depth, Intrinsics.ofFieldOfView(60, w, h)), EdgeCut.STANDARD,
                Double.POSITIVE_INFINITY);
    }

    /** What each pixel shows: mostly red, mostly green, or the background. */
    private static int[] shown(Picture picture) {
        int[] shown = new int[picture.pixels()];
        for (int i = 0; i < shown.length; i++) {
            int red = picture.rgb()[3 * i] & 0xFF;
            int green = picture.rgb()[3 * i + 1] & 0xFF;
            shown[i] = red > 200 ? RED : green > 200 ? GREEN : NOTHING;
        }
        return shown;
    }

    private static double middleColumn(int[] shown, int width, int what) {
        double sum = 0;
        int n = 0;
        for (int i = 0; i < shown.length; i++) {
            if (shown[i] == what) {
                sum += i % width;
                n++;
            }
        }
        assertTrue(n > 100, "only " + n + " pixels");
        return sum / n;
    }

    private static double middleRow(int[] shown, int width, int what) {
        int[] turned = new int[shown.length];
        int height = shown.length / width;
        for (int i = 0; i < shown.length; i++) {
            turned[i % width * height + i / width] = shown[i];
        }
        return middleColumn(turned, height, what);
    }

    @Test
    void fromTheFrontTheWallHasTheSquareBeforeItAndNoHoles() throws IOException {
        GridPoints points = squareBeforeWall();
        Picture picture = CloudView.of(points, Viewpoint.of("front"), 320, 240);
        int[] shown = shown(picture);
        assertEquals(159.5, middleColumn(shown, 320, RED), 1.5);
        assertEquals(159.5, middleColumn(shown, 320, GREEN), 1.5);
        // From where the wall begins to where it ends there is wall, also where the photo saw the square.
        for (int y : new int[] {40, 60, 180, 200}) {
            int[] row = Arrays.copyOfRange(shown, y * 320, (y + 1) * 320);
            int first = 0;
            int last = 319;
            while (row[first] == NOTHING) {
                first++;
            }
            while (row[last] == NOTHING) {
                last--;
            }
            assertTrue(last - first > 200, "row " + y + " has wall from " + first + " to " + last);
            for (int x = first; x <= last; x++) {
                assertEquals(GREEN, row[x], "row " + y + ", column " + x);
            }
        }
        assertEquals(NOTHING, shown[0], "a margin is left");
    }

    /** From the right, what is nearer than the middle moves to the left before what is behind; from above, down. */
    @Test
    void whatIsNearMovesAgainstTheCamera() throws IOException {
        GridPoints points = squareBeforeWall();
        int[] right = shown(CloudView.of(points, Viewpoint.of("20,0"), 320, 240));
        int[] left = shown(CloudView.of(points, Viewpoint.of("-20,0"), 320, 240));
        int[] above = shown(CloudView.of(points, Viewpoint.of("0,20"), 320, 240));
        assertTrue(middleColumn(right, 320, RED) < middleColumn(right, 320, GREEN) - 20);
        assertTrue(middleColumn(left, 320, RED) > middleColumn(left, 320, GREEN) + 20);
        assertTrue(middleRow(above, 320, RED) > middleRow(above, 320, GREEN) + 20);
        assertEquals(119.5, middleRow(right, 320, RED), 2);
    }

    @Test
    void thinnedPointsHaveNoHolesEither() throws IOException {
        Picture white = Picture.blank(120, 90);
        Arrays.fill(white.rgb(), (byte) 255);
        GridPoints wall = new GridPoints(new DepthFrame(white, Scenes.depths(120, 90, (x, y) -> 3),
                Intrinsics.ofFieldOfView(60, 120, 90)), EdgeCut.NONE, Double.POSITIVE_INFINITY);
        VoxelPoints thin = new VoxelPoints(wall, 0.25);
        assertTrue(thin.count() < 200);
        Picture picture = CloudView.of(thin, Viewpoint.of("15,10"), 160, 120);
        for (int y = 40; y < 80; y++) {
            for (int x = 50; x < 110; x++) {
                assertTrue(picture.at(x, y, 0) == 255, "a hole at " + x + ", " + y);
            }
        }
    }

    @Test
    void theSamePictureEachTime() throws IOException {
        assertEquals(CloudView.of(squareBeforeWall(), Viewpoint.of("left"), 64, 48),
                CloudView.of(squareBeforeWall(), Viewpoint.of("left"), 64, 48));
    }

    @Test
    void views() {
        assertEquals(new Viewpoint("yaw-12.5_pitch30", -12.5, 30), Viewpoint.of("-12.5,30"));
        assertEquals("'behind' is no view; expected above, front, left, right, top or YAW,PITCH in degrees, like"
                + " 30,15.",
                assertThrows(FathomException.class, () -> Viewpoint.of("behind")).getMessage());
        assertThrows(FathomException.class, () -> Viewpoint.of("0,91"));
    }
}
