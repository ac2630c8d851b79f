package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * KITTI in small. The calibration is one in which a point can be followed by hand: the camera looks along the scanner's
 * x axis from 0.5 m in front of it, with a focal length of 10 pixels and its principal point at (5, 3).
 */
class KittiDatasetTest {
    private static final String DAY = "2011_09_26";
    private static final String DRIVE = DAY + "_drive_0002_sync";
    private static final String FRAME = "0000000069";

    @TempDir
    Path root;
    private Path image;
    private Path annotated;

    @BeforeEach
    void unpack() {
        image = Layouts.picture(root.resolve(DAY + "/" + DRIVE + "/image_02/data/" + FRAME + ".png"), 8, 6, 7);
        annotated = truth(2560);
        Layouts.text(root.resolve(DAY + "/calib_cam_to_cam.txt"), "calib_time: 09-Jan-2012 13:57:47",
                "corner_dist: 9.950000e-02", "S_rect_02: 8.000000e+00 6.000000e+00", "R_rect_00: 1 0 0 0 1 0 0 0 1",
                "P_rect_02: 10 0 5 0 0 10 3 0 0 0 1 0", "P_rect_03: 10 0 5 -4 0 10 3 0 0 0 1 0");
        // Camera x is the scanner's -y, camera y its -z, camera z its x less 0.5.
        Layouts.text(root.resolve(DAY + "/calib_velo_to_cam.txt"), "R: 0 -1 0 0 0 -1 1 0 0", "T: 0 0 -0.5",
                "delta_f: 0 0");
    }

    private Path truth(int stored) {
        int[] values = new int[48];
        values[9] = stored;
        return Layouts.gray16(root.resolve("data_depth_annotated/val/" + DRIVE + "/proj_depth/groundtruth/image_02/"
                + FRAME + ".png"), 8, values);
    }

    private Path scan(float... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        return Layouts.write(root.resolve(DAY + "/" + DRIVE + "/velodyne_points/data/" + FRAME + ".bin"), bytes.array());
    }

    private String list(String... lines) {
        Layouts.text(root.resolve("list.txt"), lines);
        return "kitti:" + root + ",list=list.txt";
    }

    private void checkAnnotated(DepthDataset data) {
        assertEquals(1, data.size());
        assertEquals(image.toString(), data.name(0));
        DepthSample sample = data.sample(0);
        assertEquals(10, sample.depth()[9]);
        assertEquals(0, sample.depth()[8]);
        assertEquals(7 + 9, sample.picture().at(1, 1, 0));
        assertEquals(Optional.of(new Intrinsics(10, 10, 5, 3)), sample.camera());
    }

    /** The Eigen lists, the list of the later methods with its focal length, and one with another machine's paths. */
    @Test
    void annotatedDepthByEveryFormOfListAndByNone() {
        String picture = DAY + "/" + DRIVE + "/image_02/data/" + FRAME;
        String truth = DRIVE + "/proj_depth/groundtruth/image_02/" + FRAME + ".png";
        checkAnnotated(Layouts.open("kitti:" + root));
        checkAnnotated(Layouts.open(list(DAY + "/" + DRIVE + " " + FRAME + " l")));
        checkAnnotated(Layouts.open(list(DAY + "/" + DRIVE + " 69 l")));
        checkAnnotated(Layouts.open(list(picture + ".jpg " + truth + " 721.5377",
                picture.replace("69", "70") + ".png None 721.5377")));
        checkAnnotated(Layouts.open(list("/mnt/kitti/raw_data/" + picture + ".png /mnt/kitti/data_depth_annotated/val/"
                + truth)));
    }

    @Test
    void theFingerprintKnowsTheFiles() {
        String before = Layouts.open("kitti:" + root).fingerprint();
        assertEquals(before, Layouts.open("kitti:" + root).fingerprint());
        Layouts.gray16(annotated, 8, IntStream.range(0, 48).map(i -> i * i * 17).toArray());
        assertNotEquals(before, Layouts.open("kitti:" + root).fingerprint());
    }

    /** Column round(10 * -y / (x - 0.5) + 5) - 1, row round(10 * -z / (x - 0.5) + 3) - 1. */
    @Test
    void theNearestLaserPointOfAPixelWins() {
        scan(20.5f, 0, 0, 1,            // straight ahead: column 4, row 2
                10.5f, 0, 0, 0,         // the same pixel, nearer
                15.5f, 0, 0, 0,         // and one between
                4.5f, 0.8f, -0.4f, 0,   // column 10 * -0.2 + 5 - 1 = 2, row 10 * 0.1 + 3 - 1 = 3
                -5, 0, 0, 0,            // behind the scanner
                0.25f, 0, 0, 0,         // before the scanner, behind the camera
                2.5f, -4, 0, 0);        // column 24: outside
        DepthSample sample = Layouts.open(list(DAY + "/" + DRIVE + " " + FRAME + " l") + ",depth=lidar").sample(0);
        float[] expected = new float[48];
        expected[2 * 8 + 4] = 10.5f;
        expected[3 * 8 + 2] = 4.5f;
        assertArrayEquals(expected, sample.depth());
        expected[2 * 8 + 4] = 10;
        expected[3 * 8 + 2] = 4;
        assertArrayEquals(expected, Layouts.open(list(DAY + "/" + DRIVE + " " + FRAME + " l")
                + ",depth=lidar,lidar-depth=camera").sample(0).depth());
        assertEquals(Optional.of(new Intrinsics(10, 10, 5, 3)), sample.camera());
    }

    /** Half to even: 4.5 is 4, 5.5 is 6. */
    @Test
    void pixelsAreRoundedAsTheOriginalDoes() {
        scan(10.5f, 0.5f, 0, 0, 10.5f, -0.5f, 0, 0);
        float[] depth = Layouts.open(list(DAY + "/" + DRIVE + " 69 l") + ",depth=lidar").sample(0).depth();
        assertEquals(10.5f, depth[2 * 8 + 3]);
        assertEquals(10.5f, depth[2 * 8 + 5]);
    }

    @Test
    void damagedFramesAreNamed() throws IOException {
        String eigen = list(DAY + "/" + DRIVE + " " + FRAME + " l");
        assertTrue(Layouts.fault(FrameException.Fault.MISSING, eigen + ",depth=lidar").contains(".bin"));
        Path bin = scan(1, 2, 3);
        assertEquals("The laser scan " + bin + " has 12 bytes, but a point takes 16: it is torn, unpack it again.",
                Layouts.fault(FrameException.Fault.DAMAGED, eigen + ",depth=lidar"));
        scan(1, 2, 3, 4);
        Layouts.text(root.resolve(DAY + "/calib_velo_to_cam.txt"), "R: 0 -1 0 0 0 -1 1 0", "T: 0 0 -0.5");
        assertTrue(Layouts.fault(FrameException.Fault.DAMAGED, eigen + ",depth=lidar").contains("R with 9 numbers"));
        Layouts.tear(annotated);
        assertTrue(Layouts.fault(FrameException.Fault.DAMAGED, eigen).contains(annotated.toString()));
        Files.delete(annotated);
        assertTrue(Layouts.fault(FrameException.Fault.MISSING, eigen).contains(annotated.toString()));
        Layouts.gray16(annotated, 4, new int[48]);
        assertTrue(Layouts.fault(FrameException.Fault.LAYOUT, eigen).contains("8 x 6 pixels, its depth"));
    }

    @Test
    void whatCannotBeMeantIsRefused() {
        assertTrue(Layouts.refusal("kitti:" + root + ",depth=lidar").contains("needs list=FILE"));
        assertTrue(Layouts.refusal("kitti:" + root + ",lidar-depth=camera").contains("with depth=lidar only"));
        assertTrue(Layouts.refusal(list("one two three")).contains("has the line 'one two three'"));
        assertTrue(Layouts.refusal(list("elsewhere/a.png elsewhere/b.png")).contains("No file that the list"));
        assertTrue(Layouts.refusal("kitti:" + root + "/" + DAY).contains("There is no frame in kitti:"));
    }
}
