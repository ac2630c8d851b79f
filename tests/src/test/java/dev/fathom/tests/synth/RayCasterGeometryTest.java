package dev.fathom.tests.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.training.synth.Ball;
import dev.fathom.training.synth.Box;
import dev.fathom.training.synth.Camera;
import dev.fathom.training.synth.Cylinder;
import dev.fathom.training.synth.Frame;
import dev.fathom.training.synth.Light;
import dev.fathom.training.synth.Material;
import dev.fathom.training.synth.RayCaster;
import dev.fathom.training.synth.Rgb;
import dev.fathom.training.synth.Room;
import dev.fathom.training.synth.Scene;
import dev.fathom.training.synth.SensorSettings;
import dev.fathom.training.synth.Solid;
import dev.fathom.training.synth.Textures;
import dev.fathom.training.synth.Vec3;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The depth that the ray caster writes against geometry worked out here, by other means than the ray caster's: a pixel
 * and its depth give a point in the room, and that point must lie on the surface.
 */
class RayCasterGeometryTest {
    private static final int W = 160;
    private static final int H = 120;
    private static final double FOCAL = 0.8;
    private static final Material GREY = Material.matt(new Textures.Plain(new Rgb(0.5, 0.5, 0.5)));
    private static final Room ROOM = new Room(4, 5, 2.6, Collections.nCopies(6, Room.Surface.plain(GREY)));
    private static final Vec3 EYE = new Vec3(1.9, 0.7, 1.45);

    private static Frame render(double yawDegrees, double pitchDegrees, Solid... solids) {
        Camera camera = Camera.of(EYE, Math.toRadians(yawDegrees), Math.toRadians(pitchDegrees), 0, FOCAL);
        Light lamp = new Light.Area(new Vec3(2, 2.5, 2.59), new Vec3(0.3, 0, 0), new Vec3(0, 0.3, 0),
            new Vec3(0, 0, -1),
            new Rgb(10, 10, 10));
        SensorSettings sensor = new SensorSettings(1, new Rgb(1, 1, 1), 0, 0, 0, 1);
        return RayCaster.render(new Scene(ROOM, List.of(List.of(solids)), List.of(lamp), camera, sensor), W, H);
    }

    /** The point of the room that pixel (x, y) shows, from its planar depth and the pinhole model alone. */
    private static double[] point(Frame frame, int x, int y, double yawDegrees, double pitchDegrees) {
        double z = frame.depth()[y * W + x];
        double right = (x + 0.5 - W / 2.0) / (FOCAL * W) * z;
        double down = (y + 0.5 - H / 2.0) / (FOCAL * W) * z;
        double yaw = Math.toRadians(yawDegrees);
        double pitch = Math.toRadians(pitchDegrees);
        double level = z * Math.cos(pitch) + down * Math.sin(pitch);
        double up = z * Math.sin(pitch) - down * Math.cos(pitch);
        return new double[] {EYE.x() + level * Math.cos(yaw) + right * Math.sin(yaw),
            EYE.y() + level * Math.sin(yaw) - right * Math.cos(yaw), EYE.z() + up};
    }

    private static boolean onWall(double[] p) {
        double gap = Math.min(Math.min(Math.abs(p[0]), Math.abs(4 - p[0])),
            Math.min(Math.abs(p[1]), Math.abs(5 - p[1])));
        return Math.min(gap, Math.min(Math.abs(p[2]), Math.abs(2.6 - p[2]))) < 2e-6;
    }

    @Test
    void aWallAcrossTheAxisHasOneDepth() {
        Frame frame = render(90, 0);
        // Planar depth, as NYU's: 5 - 0.7 all over the far wall, not only in its middle.
        assertEquals(4.3, frame.depth()[60 * W + 80], 1e-6);
        assertEquals(4.3, frame.depth()[45 * W + 50], 1e-6);
        assertEquals(frame.depth()[60 * W + 80], frame.depth()[60 * W + 110]);
    }

    @Test
    void everyPixelOfAnEmptyRoomLiesOnAWall() {
        for (double[] view : new double[][] {{90, 0}, {70, -17}, {131, -5}, {12, 3}}) {
            Frame frame = render(view[0], view[1]);
            for (int y = 0; y < H; y++) {
                for (int x = 0; x < W; x++) {
                    double[] p = point(frame, x, y, view[0], view[1]);
                    assertTrue(onWall(p), "pixel " + x + "," + y + " is at " + p[0] + " " + p[1] + " " + p[2]);
                    assertTrue(p[0] > -1e-5 && p[0] < 4.00001 && p[1] > -1e-5 && p[1] < 5.00001 && p[2] > -1e-5
                        && p[2] < 2.60001, "a pixel is outside the room");
                }
            }
        }
    }

    @Test
    void aBallHasTheRightDepthAndOutline() {
        Ball ball = new Ball(1.9, 2.7, 1.45, 0.4, GREY);
        Frame frame = render(90, 0, ball);
        int onBall = 0;
        for (int y = 0; y < H; y++) {
            for (int x = 0; x < W; x++) {
                double[] p = point(frame, x, y, 90, 0);
                double r = Math.sqrt(Math.pow(p[0] - 1.9, 2) + Math.pow(p[1] - 2.7, 2) + Math.pow(p[2] - 1.45, 2));
                boolean hit = Math.abs(r - 0.4) < 2e-6;
                onBall += hit ? 1 : 0;
                assertTrue(hit || onWall(p), "pixel " + x + "," + y + " is on neither ball nor wall");
                assertTrue(!hit || p[1] <= 2.7, "the ball's far side is in front");
            }
        }
        // The outline is where rays graze: tan(half angle) = r / sqrt(d^2 - r^2), with d = 2 m.
        double radius = FOCAL * W * 0.4 / Math.sqrt(4 - 0.16);
        assertEquals(Math.PI * radius * radius, onBall, 0.03 * Math.PI * radius * radius);
    }

    @Test
    void aTurnedBoxAndACylinderAreWhereTheyWerePut() {
        double yaw = Math.toRadians(33);
        Box box = Box.of(1.3, 2.6, 0, 0.9, 0.5, 0.8, yaw, GREY, GREY);
        Cylinder cylinder = new Cylinder(2.6, 2.4, 0.2, 0.3, 0.9, GREY, GREY);
        Frame frame = render(85, -15, box, cylinder);
        int onBox = 0;
        int onCylinder = 0;
        for (int y = 0; y < H; y++) {
            for (int x = 0; x < W; x++) {
                double[] p = point(frame, x, y, 85, -15);
                double lx = Math.abs(Math.cos(yaw) * (p[0] - 1.3) + Math.sin(yaw) * (p[1] - 2.6)) - 0.45;
                double ly = Math.abs(Math.cos(yaw) * (p[1] - 2.6) - Math.sin(yaw) * (p[0] - 1.3)) - 0.25;
                double lz = Math.abs(p[2] - 0.4) - 0.4;
                boolean boxHit = Math.abs(Math.max(lx, Math.max(ly, lz))) < 2e-6;
                double ring = Math.hypot(p[0] - 2.6, p[1] - 2.4) - 0.3;
                double ends = Math.abs(p[2] - 0.65) - 0.45;
                boolean cylinderHit = Math.abs(Math.max(ring, ends)) < 2e-6;
                onBox += boxHit ? 1 : 0;
                onCylinder += cylinderHit ? 1 : 0;
                assertTrue(boxHit || cylinderHit || onWall(p), "pixel " + x + "," + y + " is on nothing");
                assertTrue(Math.max(lx, Math.max(ly, lz)) > -1e-5, "a pixel lies inside the box: it should hide it");
                assertTrue(Math.max(ring, ends) > -1e-5, "a pixel lies inside the cylinder");
            }
        }
        assertTrue(onBox > 1000 && onCylinder > 800, "box " + onBox + " px, cylinder " + onCylinder + " px");
    }

    @Test
    void aShadowLiesOnTheSideAwayFromTheLamp() {
        Frame bare = render(90, -20);
        Frame shaded = render(90, -20, Box.of(2, 2.5, 1.8, 0.8, 0.8, 0.1, 0, GREY, GREY));
        // Straight below the lamp and the board; the board itself is above the picture.
        double[] p = point(shaded, 80, 104, 90, -20);
        assertTrue(p[2] < 1e-5 && Math.abs(p[1] - 2.5) < 0.5, "the pixel should show the floor under the lamp");
        double lost = (double) bare.picture().at(80, 104, 0) / shaded.picture().at(80, 104, 0);
        double kept = (double) bare.picture().at(80, 62, 0) / shaded.picture().at(80, 62, 0);
        assertTrue(lost > 1.3 * kept, "under the board " + lost + ", in the open " + kept);
    }
}
