package dev.fathom.tests.synth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.synth.HoleSettings;
import dev.fathom.training.synth.SceneSampler;
import dev.fathom.training.synth.SynthDataset;
import io.jhdf.HdfFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SynthDatasetTest {
    private static SynthDataset rooms(long seed, int count, double holes) {
        return new SynthDataset(seed, 0, count, 64, 48, new HoleSettings(holes));
    }

    @Test
    void everyDepthOfManyRoomsIsInBoundsAndVaried() {
        SynthDataset rooms = rooms(20, 60, 0);
        double sum = 0;
        for (int i = 0; i < rooms.size(); i++) {
            float[] depth = rooms.sample(i).depth();
            for (float d : depth) {
                assertTrue(d >= SceneSampler.NEAREST && d <= SceneSampler.FARTHEST, rooms.name(i) + " has depth " + d);
                sum += d;
            }
        }
        double mean = sum / (60 * 64 * 48);
        double spread = 0;
        for (int i = 0; i < rooms.size(); i++) {
            for (float d : rooms.sample(i).depth()) {
                spread += Math.abs(Math.log(d / mean));
            }
        }
        // If depth hardly varied, a constant would be as good as any model and quickstart would show nothing.
        assertTrue(spread / (60 * 64 * 48) > 0.2, "mean |log(depth / mean)| is " + spread / (60 * 64 * 48));
    }

    @Test
    void picturesAreNeitherBlackNorBlank() {
        SynthDataset rooms = rooms(21, 30, 0);
        for (int i = 0; i < rooms.size(); i++) {
            byte[] rgb = rooms.sample(i).picture().rgb();
            double mean = 0;
            double square = 0;
            for (byte b : rgb) {
                mean += (b & 255) / (double) rgb.length;
                square += (b & 255) * (b & 255) / (double) rgb.length;
            }
            double deviation = Math.sqrt(square - mean * mean);
            assertTrue(mean > 50 && mean < 215 && deviation > 12, rooms.name(i) + ": mean " + mean + ", deviation "
                + deviation);
        }
    }

    @Test
    void aRoomIsAFunctionOfSeedAndNumberOnAnyNumberOfThreads() {
        DepthSample here = rooms(5, 3, 0.5).sample(2);
        // The same room as the first of another range, on one thread.
        WorkPool one = new WorkPool(1);
        WorkPool former = WorkPool.replaceShared(one);
        DepthSample there;
        try {
            there = new SynthDataset(5, 2, 1, 64, 48, new HoleSettings(0.5)).sample(0);
        } finally {
            WorkPool.replaceShared(former);
            one.close();
        }
        assertArrayEquals(here.picture().rgb(), there.picture().rgb());
        assertArrayEquals(here.depth(), there.depth());
        assertEquals("room_00002", here.name());
        assertFalse(Arrays.equals(here.depth(), rooms(5, 2, 0.5).sample(1).depth()), "two rooms of one seed are equal");
        assertFalse(Arrays.equals(here.depth(), rooms(6, 3, 0.5).sample(2).depth()), "two seeds give one room");
    }

    @Test
    void holesAreMissingDepthsAndNothingElse() {
        for (double strength : new double[] {0.3, 1}) {
            int holes = 0;
            for (int i = 0; i < 10; i++) {
                DepthSample whole = rooms(8, 10, 0).sample(i);
                DepthSample holed = rooms(8, 10, strength).sample(i);
                assertArrayEquals(whole.picture().rgb(), holed.picture().rgb());
                for (int p = 0; p < 64 * 48; p++) {
                    if (holed.depth()[p] == 0) {
                        holes++;
                    } else {
                        assertEquals(whole.depth()[p], holed.depth()[p]);
                    }
                    assertTrue(whole.depth()[p] > 0);
                }
            }
            double share = holes / (10.0 * 64 * 48);
            assertTrue(share > 0.01 * strength && share < 0.35 * strength, "strength " + strength + ": share " + share);
        }
    }

    @Test
    void filesHoldExactlyTheSamples(@TempDir Path folder) {
        SynthDataset rooms = new SynthDataset(3, 7, 2, 48, 32, HoleSettings.NONE);
        AtomicInteger most = new AtomicInteger();
        rooms.writeTo(folder.resolve("new/folder"), n -> most.accumulateAndGet(n, Math::max));
        assertEquals(2, most.get());
        for (int i = 0; i < 2; i++) {
            DepthSample sample = rooms.sample(i);
            try (HdfFile file = new HdfFile(folder.resolve("new/folder/room_0000" + (7 + i) + ".h5"))) {
                float[][] depth = (float[][]) file.getDatasetByPath("depth").getData();
                int[][][] rgb = (int[][][]) file.getDatasetByPath("rgb").getData();
                for (int y = 0; y < 32; y++) {
                    for (int x = 0; x < 48; x++) {
                        assertEquals(sample.depth()[y * 48 + x], depth[y][x]);
                        for (int c = 0; c < 3; c++) {
                            assertEquals(sample.picture().at(x, y, c), rgb[c][y][x]);
                        }
                    }
                }
            }
        }
    }

    @Test
    void wrongWishesAreRefusedInASentence() {
        assertTrue(assertThrows(FathomException.class, () -> rooms(1, 0, 0)).getMessage().contains("at least 1"));
        assertTrue(assertThrows(FathomException.class, () -> new SynthDataset(1, 0, 1, 8, 48, HoleSettings.NONE))
            .getMessage().contains("16 to 4096"));
        assertThrows(IllegalArgumentException.class, () -> new HoleSettings(1.5));
    }
}
