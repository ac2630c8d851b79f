package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.tests.golden.Golden;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.ValidationLoader;
import dev.fathom.training.data.ValidationSample;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Depth Anything V2's own loaders read from the same files, to the bit: golden/e_pre/loaders. */
class LoaderGoldenTest {
    private static final Golden GOLDEN = new Golden("loaders");

    @TempDir
    Path root;

    private static JsonNode item(String name) {
        for (JsonNode item : GOLDEN.json().get("items")) {
            if (item.get("name").asText().equals(name)) {
                return item;
            }
        }
        throw new AssertionError(name);
    }

    /** A list in the form of the authors', with the paths of their machine. */
    private DepthDataset open(String format, String image, String depth) {
        Layouts.text(root.resolve("val.txt"), "/mnt/bn/liheyang/" + image + " /mnt/bn/liheyang/" + depth);
        return Layouts.open(format + ":" + root + ",list=val.txt");
    }

    private void copy(String... names) {
        for (String name : names) {
            Layouts.write(root.resolve(name), GOLDEN.bytes(name));
        }
    }

    /** The network's input and the shape of the depth. */
    private static void check(JsonNode item, DepthDataset data, DepthSample sample) throws Exception {
        assertEquals(item.get("depth_shape").get(0).asInt(), sample.height());
        assertEquals(item.get("depth_shape").get(1).asInt(), sample.width());
        try (ValidationLoader loader = new ValidationLoader(data, item.get("size").asInt(), 1)) {
            ValidationSample input = loader.next();
            int pixels = input.width() * input.height();
            float[] planes = new float[3 * pixels];
            for (int i = 0; i < planes.length; i++) {
                planes[i] = input.image()[i % pixels * 3 + i / pixels];
            }
            assertEquals(item.get("image").get("sha256_float32").asText(), Layouts.sha256(planes));
        }
    }

    private static int valid(DepthSample sample, float largest) {
        int valid = 0;
        for (float depth : sample.depth()) {
            valid += depth > 0 && depth <= largest ? 1 : 0;
        }
        return valid;
    }

    @Test
    void kitti() throws Exception {
        copy("kitti_rgb.png", "kitti_depth.png");
        DepthDataset data = open("kitti", "kitti_rgb.png", "kitti_depth.png");
        JsonNode item = item("kitti_val");
        DepthSample sample = data.sample(0);
        check(item, data, sample);
        assertEquals(item.get("depth_sha256").asText(), Layouts.sha256(sample.depth()));
        assertEquals(item.get("valid_count").asInt(), valid(sample, Float.MAX_VALUE));
        assertEquals(Optional.empty(), sample.camera());
    }

    /** The one difference: the sky, 655.35 m there and valid up to 80 m, is a hole here. */
    @Test
    void vkitti2() throws Exception {
        copy("vkitti_rgb.png", "vkitti_depth.png");
        DepthDataset data = open("vkitti2", "vkitti_rgb.png", "vkitti_depth.png");
        JsonNode item = item("vkitti_val");
        DepthSample sample = data.sample(0);
        check(item, data, sample);
        assertEquals(item.get("valid_count").asInt(), valid(sample, 80));
        float[] withSky = sample.depth().clone();
        for (int i = 0; i < withSky.length; i++) {
            withSky[i] = withSky[i] == 0 ? 655.35f : withSky[i];
        }
        assertEquals(item.get("depth_sha256").asText(), Layouts.sha256(withSky));
    }

    /** The picture is not compared: its golden file is too large to keep here. */
    @Test
    void hypersim() throws Exception {
        copy("hypersim_depth_meters.hdf5");
        Layouts.picture(root.resolve("hypersim_rgb.png"), 1024, 768, 0);
        DepthSample sample = open("hypersim", "hypersim_rgb.png", "hypersim_depth_meters.hdf5").sample(0);
        JsonNode item = item("hypersim_val");
        assertEquals(item.get("valid_count").asInt(), valid(sample, Float.MAX_VALUE));
        assertEquals(1024 * 768 - item.get("valid_count").asInt(), sample.repaired());
        assertEquals(item.get("depth_sha256").asText(), Layouts.sha256(sample.depth()));
        assertEquals(Optional.of(new Intrinsics(886.81f, 886.81f, 511.5, 383.5)), sample.camera());
    }
}
