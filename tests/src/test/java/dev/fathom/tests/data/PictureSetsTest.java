package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.sets.DatasetSpec;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** nyu-png, sunrgbd, hypersim and vkitti2 as they are unpacked, in small, and damaged. */
class PictureSetsTest {
    @TempDir
    Path root;

    @Test
    void nyuPngInFoldersAndByList() throws IOException {
        Layouts.picture(root.resolve("rgb/kitchen/2.jpg"), 3, 2, 200);
        Layouts.gray16(root.resolve("depth/kitchen/2.png"), 3, 0, 1, 1000, 2500, 9999, 65535);
        float[] metres = {0, 0.001f, 1, 2.5f, 9.999f, 65.535f};
        DepthDataset data = Layouts.open("nyu-png:" + root);
        assertEquals(1, data.size());
        assertArrayEquals(metres, data.sample(0).depth());
        assertEquals(200, data.sample(0).picture().at(0, 0, 0), 2);
        Layouts.text(root.resolve("nyu.txt"), "/rgb/kitchen/3.jpg None 518.8579",
                "/rgb/kitchen/2.jpg /depth/kitchen/2.png 518.8579");
        DepthDataset listed = Layouts.open("nyu-png:" + root + ",list=nyu.txt");
        assertEquals(1, listed.size());
        assertArrayEquals(metres, listed.sample(0).depth());
        assertEquals(data.fingerprint(), listed.fingerprint());

        Layouts.picture(root.resolve("rgb/9.png"), 3, 2, 0);
        assertTrue(Layouts.refusal("nyu-png:" + root).contains("9.png has no depth of its name"));
        Files.move(root.resolve("rgb/9.png"), root.resolve("rgb/8.png"));
        Layouts.gray16(root.resolve("depth/9.png"), 3, new int[6]);
        assertTrue(Layouts.refusal("nyu-png:" + root).contains("9.png has no picture of its name"));
        Files.delete(root.resolve("depth/kitchen/2.png"));
        Layouts.picture(root.resolve("depth/kitchen/2.png"), 3, 2, 0);
        assertTrue(Layouts.fault(FrameException.Fault.DAMAGED, "nyu-png:" + root + ",list=nyu.txt")
                .contains("has one of 16 bits"));
    }

    /** 9000 mm does not fit into 13 bits: unrotated it would wrap. */
    @Test
    void sunRgbdRotatesBits() throws IOException {
        Path scene = root.resolve("kv1/NYUdata/NYU0001");
        Layouts.picture(scene.resolve("image/NYU0001.jpg"), 3, 1, 9);
        int[] stored = {0, 9000 << 3 & 0xFFFF | 9000 >> 13, 1000 << 3};
        Layouts.gray16(scene.resolve("depth_bfx/NYU0001.png"), 3, stored);
        Path raw = Layouts.gray16(scene.resolve("depth/NYU0001.png"), 3, 0, 0, 8);
        Path camera = Layouts.text(scene.resolve("intrinsics.txt"), "529.500000 0.000000 365.000000",
                "0.000000 529.600000 265.000000", "0.000000 0.000000 1.000000");
        DepthSample sample = Layouts.open("sunrgbd:" + root).sample(0);
        assertArrayEquals(new float[] {0, 9, 1}, sample.depth());
        assertEquals(Optional.of(new Intrinsics(529.5, 529.6, 365, 265)), sample.camera());
        assertArrayEquals(new float[] {0, 0, 0.001f}, Layouts.open("sunrgbd:" + root + ",depth=depth").sample(0).depth());
        Layouts.text(root.resolve("list.txt"), "/n/fs/sun3d/data/SUNRGBD/kv1/NYUdata/NYU0001");
        assertEquals(1, Layouts.open("sunrgbd:" + root + ",list=list.txt").size());

        Layouts.text(camera, "529.5 0 365");
        assertTrue(Layouts.fault(FrameException.Fault.DAMAGED, "sunrgbd:" + root).contains("9 numbers"));
        Files.delete(raw);
        assertTrue(Layouts.fault(FrameException.Fault.MISSING, "sunrgbd:" + root + ",depth=depth").contains("depth"));
        Layouts.tear(scene.resolve("depth_bfx/NYU0001.png"));
        Layouts.fault(FrameException.Fault.DAMAGED, "sunrgbd:" + root);
    }

    /** At a width of 4 the focal length is 886.81 / 256; the corner's ray is that much longer than the depth. */
    @Test
    void hypersimDistancesBecomeDepth() throws IOException {
        Path images = root.resolve("ai_001_001/images");
        Layouts.picture(images.resolve("scene_cam_00_final_preview/frame.0000.tonemap.jpg"), 4, 3, 9);
        Path depth = images.resolve("scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5");
        Files.createDirectories(depth.getParent());
        try (WritableHdfFile hdf = HdfFile.write(depth)) {
            hdf.putDataset("dataset", new float[][] {{5, 5, 5, 5}, {5, Float.NaN, 5, 5}, {5, 5, 5, 5}});
        }
        DepthSample sample = Layouts.open("hypersim:" + root).sample(0);
        double focal = 886.81 / 256;
        assertEquals(5 * focal / Math.sqrt(1.5 * 1.5 + 1 + focal * focal), sample.depth()[0], 1e-6);
        assertEquals(5 * focal / Math.sqrt(0.5 * 0.5 + focal * focal), sample.depth()[6], 1e-6);
        assertEquals(0, sample.depth()[5]);
        assertEquals(1, sample.repaired());
        assertEquals(1.5, sample.camera().orElseThrow().cx());

        Layouts.tear(depth);
        assertTrue(Layouts.fault(FrameException.Fault.DAMAGED, "hypersim:" + root).contains(depth.toString()));
        Files.delete(depth);
        Layouts.text(root.resolve("list.txt"), "ai_001_001/images/scene_cam_00_final_preview/frame.0000.tonemap.jpg "
                + "/mnt/ai_001_001/images/scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5");
        Files.createFile(depth);
        DatasetSpec spec = DatasetSpec.parse("hypersim:" + root + ",list=list.txt");
        DepthDataset gone = spec.format().opener().apply(spec);
        Files.delete(depth);
        FrameException missing = assertThrows(FrameException.class, () -> gone.sample(0));
        assertEquals(FrameException.Fault.MISSING, missing.fault());
        assertTrue(missing.getMessage().endsWith("bring it back, or check the list."), missing.getMessage());
        try (WritableHdfFile hdf = HdfFile.write(depth)) {
            hdf.putDataset("dataset", new float[] {1, 2});
        }
        assertTrue(Layouts.fault(FrameException.Fault.LAYOUT, "hypersim:" + root).contains("(height, width)"));
    }

    @Test
    void vkittiInItsThreeArchivesAndInOneTree() throws IOException {
        for (String above : new String[] {"vkitti_2.0.3_%s/", ""}) {
            Path tree = root.resolve(above.isEmpty() ? "one" : "three");
            String scene = "Scene01/15-deg-left/";
            Layouts.picture(tree.resolve(above.formatted("rgb") + scene + "frames/rgb/Camera_1/rgb_00002.jpg"), 3, 1, 9);
            Path depth = Layouts.gray16(tree.resolve(above.formatted("depth") + scene
                    + "frames/depth/Camera_1/depth_00002.png"), 3, 65535, 65534, 123);
            DepthDataset data = Layouts.open("vkitti2:" + tree);
            assertArrayEquals(new float[] {0, 655.34f, 1.23f}, data.sample(0).depth());
            assertEquals(Optional.empty(), data.sample(0).camera());
            Path camera = Layouts.text(tree.resolve(above.formatted("textgt") + scene + "intrinsic.txt"),
                    "frame cameraID K[0,0] K[1,1] K[0,2] K[1,2]", "2 0 700 701 600 180", "2 1 725 726 620.5 187");
            DepthDataset withCamera = Layouts.open("vkitti2:" + tree);
            assertEquals(Optional.of(new Intrinsics(725, 726, 620.5, 187)), withCamera.sample(0).camera());
            Layouts.text(camera, "frame cameraID K[0,0] K[1,1] K[0,2] K[1,2]", "2 1 725");
            assertTrue(Layouts.fault(FrameException.Fault.DAMAGED, "vkitti2:" + tree).contains("fx, fy, cx and cy"));
            Layouts.tear(depth);
            assertTrue(Layouts.fault(FrameException.Fault.DAMAGED, "vkitti2:" + tree).contains(depth.toString()));
        }
        assertTrue(Layouts.refusal("vkitti2:" + Files.createDirectories(root.resolve("empty")))
                .contains("There is no frame in vkitti2:"));
        assertTrue(Layouts.refusal("vkitti2:" + root.resolve("nowhere")).contains("There is no folder"));
    }
}
