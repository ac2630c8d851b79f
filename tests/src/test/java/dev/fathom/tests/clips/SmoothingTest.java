package dev.fathom.tests.clips;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.image.ByteMap.Range;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.align.AffineFit.Freedom;
import dev.fathom.tools.video.ClipAnalysis;
import dev.fathom.tools.video.MapSpool;
import dev.fathom.tools.video.Smoothing;
import dev.fathom.tools.video.Stillness;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One range, smoothing, cuts and the flicker figure, on clips of which everything is known. */
class SmoothingTest {
    @TempDir
    private Path folder;
    private MapSpool spool;

    @BeforeEach
    void open() {
        spool = Maps.spool(folder);
    }

    @AfterEach
    void close() {
        spool.close();
    }

    private ClipAnalysis analyse(double strength, Freedom freedom) {
        return ClipAnalysis.of(spool, strength, freedom, true, i -> true);
    }

    /** The figure by pen and paper: steps of 1, 3 and 2 on a scene whose clip ranges over 4 + 3. */
    @Test
    void flickerIsTheMeanOfMediansOverTheRange() {
        float[] scene = Maps.scene(1);
        double low = Double.POSITIVE_INFINITY;
        double high = 0;
        for (float v : scene) {
            low = Math.min(low, v);
            high = Math.max(high, v);
        }
        int n = 0;
        for (double shift : new double[] {0, 1, 4, 2}) {
            spool.add(n++, Maps.changes(1), Maps.through(scene, 1, shift));
        }
        ClipAnalysis clip = analyse(0, Freedom.AFFINE);
        double range = high + 4 - low;
        assertEquals(2 / range, clip.before().mean(), 1e-6);
        assertEquals(3 / range, clip.before().worst(), 1e-6);
        assertEquals(2, clip.before().frame());
        assertEquals(3, clip.before().pairs());
        assertEquals(clip.before(), clip.after());
        assertEquals(new Range((float) low, (float) high + 4), clip.range());
    }

    /** Only where the picture stands still is depth expected to. */
    @Test
    void whatMovesDoesNotFlicker() {
        float[] scene = Maps.scene(1);
        float[] moved = scene.clone();
        // Patches 2 to 4 of each row of 5 change, so 1 is beside one that does, and depth moves there as well.
        for (int i = 0; i < moved.length; i++) {
            moved[i] += i % 70 >= 14 ? 2 : 0;
        }
        float[] changes = Maps.rightPatches(20);
        spool.add(0, changes, scene);
        spool.add(1, changes, moved);
        assertEquals(0, analyse(0, Freedom.AFFINE).before().mean());
        assertEquals(1, analyse(0, Freedom.AFFINE).before().pairs());
        spool.add(2, Maps.changes(20), scene);
        assertEquals(1, analyse(0, Freedom.AFFINE).before().pairs(), "nothing is still from 2 to 3");
    }

    /** What a patch changes by: the mean over its own pixels of the change of luma. */
    @Test
    void changesOfPatchesAreThoseOfTheirPixels() {
        Picture before = Picture.blank(140, 84);
        Picture now = before.copy();
        // The patch in the middle, 28 x 28 pixels of the picture: every second column 10 levels greener.
        for (int y = 28; y < 56; y++) {
            for (int x = 56; x < 84; x += 2) {
                now.rgb()[3 * (y * 140 + x) + 1] = 10;
            }
        }
        float[] changes = Stillness.changes(before, now, Maps.SIZE);
        for (int i = 0; i < Maps.CELLS; i++) {
            assertEquals(i == 7 ? 0.587 * 10 / 2 : 0, changes[i], 1e-6, "patch " + i);
        }
        assertArrayEquals(new float[Maps.CELLS], Stillness.changes(null, now, Maps.SIZE));
        assertArrayEquals(changes, Stillness.changes(now, before, Maps.SIZE));
        boolean[] still = Stillness.still(Maps.rightPatches(4.1), Maps.SIZE);
        for (int i = 0; i < Maps.CELLS; i++) {
            assertEquals(i % 5 == 0, still[i], "patch " + i);
        }
        assertEquals(15, Stillness.changes(Picture.blank(3, 2), Picture.blank(3, 2), Maps.SIZE).length);
    }

    /** Scale and shift waver at random, a corner moves by itself: strength 1 leaves nothing of it. */
    @Test
    void scaleAndShiftAreTakenOut() {
        Random random = new Random(4);
        float[] scene = Maps.scene(2);
        for (int i = 0; i < 12; i++) {
            float[] map = Maps.through(scene, 0.8 + 0.4 * random.nextDouble(), 0.3 * random.nextDouble());
            for (int p = 0; p < 500; p++) {
                map[p] = 2 + random.nextFloat();
            }
            spool.add(i, Maps.changes(1), map);
        }
        ClipAnalysis all = analyse(1, Freedom.AFFINE);
        assertTrue(all.before().mean() > 0.03, all.before().toString());
        assertEquals(0, all.after().mean(), 1e-6);
        ClipAnalysis most = analyse(0.9, Freedom.AFFINE);
        assertTrue(most.after().mean() < 0.3 * most.before().mean(), most.toString());
        assertEquals(List.of(), all.cuts());
    }

    /** Metres keep their zero: a factor goes, a shift is not invented. */
    @Test
    void metresAreScaledAlone() {
        float[] scene = Maps.scene(2);
        spool.add(0, Maps.changes(1), scene);
        spool.add(1, Maps.changes(1), Maps.through(scene, 1.25, 0));
        ClipAnalysis clip = analyse(1, Freedom.SCALE);
        assertEquals(0.8, clip.steps().get(1).scale(), 1e-6);
        assertEquals(0, clip.steps().get(1).shift());
    }

    /** A true and lasting change comes through: 1 - k^n of it after n frames. */
    @Test
    void whatLastsComesThroughExponentially() {
        float[] scene = Maps.scene(2);
        spool.add(0, Maps.changes(1), scene);
        for (int n = 1; n <= 4; n++) {
            spool.add(n, Maps.changes(1), Maps.through(scene, 2, 0));
        }
        List<Smoothing.Step> steps = analyse(0.5, Freedom.SCALE).steps();
        for (int n = 1; n <= 4; n++) {
            assertEquals(1 + (1 - Math.pow(0.5, n)), 2 * steps.get(n).scale(), 1e-5, "after " + n);
        }
    }

    @Test
    void aCutBeginsAnewWithTheNetworksOwnValues() {
        float[] first = Maps.scene(2);
        float[] second = Maps.scene(3);
        for (int i = 0; i < 4; i++) {
            spool.add(i, Maps.changes(2), Maps.through(first, 1 + 0.05 * i, 0));
        }
        spool.add(4, Maps.rightPatches(100), Maps.through(second, 1.5, 0));
        spool.add(5, Maps.changes(2), Maps.through(second, 1.2, 0));
        // A cut between pictures of much the same brightness is seen in depth.
        spool.add(6, Maps.changes(12), Maps.scene(9));
        ClipAnalysis clip = analyse(1, Freedom.SCALE);
        assertEquals(List.of(4, 6), clip.cuts());
        assertEquals(1, clip.steps().get(4).scale());
        assertEquals(1.25, clip.steps().get(5).scale(), 1e-6);
        assertEquals(4, clip.before().pairs(), "a cut is no pair, though the left patches are still");
    }

    /** Fast motion throughout is no row of cuts: a cut stands out from the frames before. */
    @Test
    void hastyPicturesAreNotCuts() {
        for (int i = 0; i < 6; i++) {
            spool.add(i, Maps.changes(i == 0 ? 0 : 10 * Math.min(3, i)), Maps.through(Maps.scene(2), 1 + 0.02 * i, 0));
        }
        assertEquals(List.of(), analyse(0, Freedom.AFFINE).cuts());
    }

    /** A map that nothing can be fitted to, of a picture that stays: the values stay, and it is no cut. */
    @Test
    void blankFramesStayAsTheyAre() {
        for (int i = 0; i < 3; i++) {
            spool.add(i, Maps.changes(0), new float[Maps.PIXELS]);
        }
        ClipAnalysis clip = analyse(1, Freedom.AFFINE);
        assertEquals(List.of(), clip.cuts());
        assertEquals(new Range(0, 0), clip.range());
    }

    @Test
    void percentilesOfAllValues() {
        float[] ramp = new float[Maps.PIXELS];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = i;
        }
        spool.add(0, Maps.changes(0), ramp);
        float[] farther = ramp.clone();
        farther[0] = 4 * Maps.PIXELS;
        spool.add(1, Maps.changes(0), farther);
        ClipAnalysis clip = analyse(0, Freedom.AFFINE);
        Range middle = clip.percentiles(spool, true, 10, 90);
        double bin = 4.0 * Maps.PIXELS / 65536;
        assertEquals(0.1 * Maps.PIXELS, middle.low(), 1 + bin);
        assertEquals(0.9 * Maps.PIXELS, middle.high(), 1 + bin);
        assertEquals(clip.range(), clip.percentiles(spool, true, 0, 100));
    }

    @Test
    void itCanBeStopped() {
        spool.add(0, Maps.changes(0), Maps.scene(1));
        spool.add(1, Maps.changes(0), Maps.scene(1));
        assertNull(ClipAnalysis.of(spool, 0, Freedom.AFFINE, true, i -> false));
    }
}
