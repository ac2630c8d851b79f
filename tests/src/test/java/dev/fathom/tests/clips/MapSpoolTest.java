package dev.fathom.tests.clips;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.video.MapSpool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Maps that wait on the disk, and what a crash leaves of them. */
class MapSpoolTest {
    @TempDir
    private Path folder;

    private void fill(MapSpool spool, int count) {
        for (int i = 0; i < count; i++) {
            spool.add(100 + i, Maps.changes(i), Maps.scene(i));
        }
    }

    private void assertHolds(MapSpool spool, int count) {
        assertEquals(count, spool.size());
        float[] changes = new float[Maps.CELLS];
        float[] map = new float[Maps.PIXELS];
        for (int i = 0; i < count; i++) {
            assertEquals(100 + i, spool.key(i));
            spool.read(i, changes, map);
            assertArrayEquals(Maps.changes(i), changes);
            assertArrayEquals(Maps.scene(i), map);
        }
    }

    @Test
    void whatWentInComesOutInTheNextRunToo() {
        try (MapSpool spool = Maps.spool(folder)) {
            fill(spool, 3);
            assertHolds(spool, 3);
        }
        try (MapSpool spool = Maps.spool(folder)) {
            assertHolds(spool, 3);
            spool.cut(2);
            assertHolds(spool, 2);
            spool.delete();
        }
        assertFalse(Files.exists(folder), "nothing stays behind");
    }

    /** A crash may leave part of a record, or one whose bytes never reached the disk. */
    @Test
    void aTornEndIsLeftOut() throws IOException {
        try (MapSpool spool = Maps.spool(folder)) {
            fill(spool, 4);
        }
        Path file = folder.resolve("maps.bin");
        byte[] all = Files.readAllBytes(file);
        int record = all.length / 4;
        Files.write(file, Arrays.copyOf(all, all.length - 5));
        try (MapSpool spool = Maps.spool(folder)) {
            assertHolds(spool, 3);
        }
        Arrays.fill(all, 3 * record + 50, 4 * record, (byte) 0);
        Files.write(file, all);
        try (MapSpool spool = Maps.spool(folder)) {
            assertHolds(spool, 3);
        }
        assertEquals(3L * record, Files.size(file));
    }

    @Test
    void aDamagedMapInTheMiddleIsNamed() throws IOException {
        try (MapSpool spool = Maps.spool(folder)) {
            fill(spool, 3);
        }
        Path file = folder.resolve("maps.bin");
        byte[] all = Files.readAllBytes(file);
        all[all.length / 2] ^= 4;
        Files.write(file, all);
        try (MapSpool spool = Maps.spool(folder)) {
            assertEquals(3, spool.size());
            FathomException e = assertThrows(FathomException.class, () -> spool.read(1, new float[Maps.CELLS],
                    new float[Maps.PIXELS]));
            assertEquals("The map of frame 2 in " + file + " is damaged; make the maps again with --restart.",
                    e.getMessage());
        }
    }

    @Test
    void mapsOfAnotherModelAreNotMixedIn() {
        try (MapSpool spool = Maps.spool(folder)) {
            fill(spool, 2);
        }
        FathomException e = assertThrows(FathomException.class, () -> MapSpool.open(folder, Maps.about("b"), Maps.SIZE,
                MapSpool.Storage.FLOAT32, false));
        assertEquals("The folder " + folder + " holds maps of an unfinished run with another model; finish that run,"
                + " remove its maps with --restart, or choose another --outdir.", e.getMessage());
        try (MapSpool spool = Maps.spool(folder)) {
            assertHolds(spool, 2);
        }
        try (MapSpool spool = MapSpool.open(folder, Maps.about("b"), Maps.SIZE, MapSpool.Storage.FLOAT32, true)) {
            assertEquals(0, spool.size());
        }
    }

    @Test
    void oneAtATime() {
        try (MapSpool spool = Maps.spool(folder)) {
            fill(spool, 1);
            FathomException e = assertThrows(FathomException.class, () -> Maps.spool(folder));
            assertTrue(e.getMessage().startsWith("Another program is at work on this clip: "), e.getMessage());
            assertHolds(spool, 1);
            spool.cut(0);
            assertThrows(FathomException.class, () -> Maps.spool(folder));
            assertTrue(Files.exists(folder.resolve("maps.bin")), "what another has is not removed");
        }
        assertFalse(Files.exists(folder), "no map, no folder");
    }

    /** Half the room; eleven bits of precision. */
    @Test
    void float16IsCloseAndSmall() {
        try (MapSpool spool = MapSpool.open(folder, Maps.about("a"), Maps.SIZE, MapSpool.Storage.FLOAT16, false)) {
            fill(spool, 1);
            float[] map = new float[Maps.PIXELS];
            spool.read(0, new float[Maps.CELLS], map);
            float[] exact = Maps.scene(0);
            double worst = 0;
            for (int i = 0; i < map.length; i++) {
                worst = Math.max(worst, Math.abs(map[i] / exact[i] - 1));
            }
            assertTrue(worst > 1e-5 && worst <= 1.0 / 2048, "worst " + worst);
        }
    }
}
