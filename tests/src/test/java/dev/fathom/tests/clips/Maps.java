package dev.fathom.tests.clips;

import dev.fathom.models.image.NetworkSize;
import dev.fathom.tools.video.MapSpool;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Made-up maps of a clip: one scene, whatever its frames go through. */
final class Maps {
    static final NetworkSize SIZE = new NetworkSize(70, 42);
    static final int CELLS = 15;
    static final int PIXELS = 70 * 42;

    private Maps() {
    }

    static Map<String, Object> about(String model) {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("clip", "walk");
        about.put("model", model);
        return about;
    }

    static MapSpool spool(Path folder) {
        return MapSpool.open(folder, about("a"), SIZE, MapSpool.Storage.FLOAT32, false);
    }

    /** A scene: values from 1 to 5, different for each seed. */
    static float[] scene(long seed) {
        Random random = new Random(seed);
        float[] map = new float[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            map[i] = 1 + 4 * random.nextFloat();
        }
        return map;
    }

    static float[] through(float[] map, double scale, double shift) {
        float[] out = new float[map.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (scale * map[i] + shift);
        }
        return out;
    }

    /** Changes of the picture, alike in all patches. */
    static float[] changes(double levels) {
        float[] changes = new float[CELLS];
        Arrays.fill(changes, (float) levels);
        return changes;
    }

    /** Changes of patches 2 to 4 of each row of 5 alone. */
    static float[] rightPatches(double levels) {
        float[] changes = new float[CELLS];
        for (int i = 0; i < CELLS; i++) {
            changes[i] = i % 5 >= 2 ? (float) levels : 0;
        }
        return changes;
    }
}
