package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.image.Picture;
import dev.fathom.tests.golden.Formula;
import dev.fathom.training.data.Augmentation;
import dev.fathom.training.data.Augmenter;
import dev.fathom.training.data.ColourJitter;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FlipMode;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class AugmenterTest {

    private static final int[] IN_ORDER = {0, 1, 2, 3};

    private static DepthSample sample(int width, int height) {
        return new DepthSample("s", new Picture(width, height, Formula.bytes("rgb", 3 * width * height)),
                Formula.floats("depth", width * height, 4, 5), 0);
    }

    @Property(tries = 100)
    void flippingTwiceIsTheIdentity(@ForAll @IntRange(min = 1, max = 30) int width,
            @ForAll @IntRange(min = 1, max = 5) int rows, @ForAll @IntRange(min = 1, max = 4) int channels) {
        byte[] bytes = Formula.bytes("flip", width * rows * channels);
        byte[] flipped = bytes.clone();
        Augmenter.flip(flipped, width, rows, channels);
        for (int i = 0; i < bytes.length; i++) {
            int c = i % channels;
            int x = i / channels % width;
            int y = i / channels / width;
            assertEquals(bytes[i], flipped[(y * width + width - 1 - x) * channels + c]);
        }
        Augmenter.flip(flipped, width, rows, channels);
        assertArrayEquals(bytes, flipped);

        float[] floats = Formula.floats("flip", width * rows * channels, 1, 0);
        float[] twice = floats.clone();
        Augmenter.flip(twice, width, rows, channels);
        assertEquals(floats[0], twice[(width - 1) * channels]);
        Augmenter.flip(twice, width, rows, channels);
        assertArrayEquals(floats, twice);
    }

    /** A marker in the picture and one in the depth, at the same pixel, land at the same pixel. */
    @Property(tries = 50)
    void pictureAndDepthMoveTogether(@ForAll @IntRange(max = 11) int x, @ForAll @IntRange(max = 6) int y) {
        DepthSample sample = new DepthSample("s", Picture.blank(12, 7), new float[84], 0);
        sample.picture().rgb()[3 * (y * 12 + x)] = 99;
        sample.depth()[y * 12 + x] = 3;
        Augmentation always = Augmentation.none().withFlip(FlipMode.PER_SAMPLE, 1);
        DepthSample flipped = new Augmenter(always, 1).apply(sample, 0, 0);
        assertEquals(99, flipped.picture().at(11 - x, y, 0));
        assertEquals(3, flipped.depth()[y * 12 + 11 - x]);
    }

    @Property(tries = 40)
    void whatHappensDependsOnSeedEpochAndIndexAlone(@ForAll long seed, @ForAll @IntRange(max = 100) int epoch,
            @ForAll @IntRange(max = 100) int index) {
        Augmenter augmenter = new Augmenter(Augmentation.article(), seed);
        DepthSample first = augmenter.apply(sample(20, 10), epoch, index);
        augmenter.apply(sample(20, 10), epoch + 1, index);
        DepthSample again = new Augmenter(Augmentation.article(), seed).apply(sample(20, 10), epoch, index);
        assertEquals(first.picture(), again.picture());
        assertArrayEquals(first.depth(), again.depth());
    }

    /** Each part has its own stream: switching one off leaves what the others do. */
    @Test
    void switchesAreIndependent() {
        Augmentation all = Augmentation.article().withFlip(FlipMode.PER_SAMPLE, 1).withNoise(1, 25);
        Augmentation noJitter = all.withJitter(0, 0.1);
        Augmentation gentleJitter = all.withJitter(1, 0);
        Picture without = new Augmenter(noJitter, 5).apply(sample(9, 9), 1, 2).picture();
        Picture gentle = new Augmenter(gentleJitter, 5).apply(sample(9, 9), 1, 2).picture();
        assertEquals(without, gentle);
        assertEquals(sample(9, 9).picture(), new Augmenter(Augmentation.none(), 5).apply(sample(9, 9), 1, 2).picture());
        assertNotEquals(without, new Augmenter(all.withJitter(1, 0.1), 5).apply(sample(9, 9), 1, 2).picture());
    }

    @Test
    void probabilitiesAreKept() {
        int flips = 0;
        int changed = 0;
        Augmenter half = new Augmenter(Augmentation.none().withFlip(FlipMode.PER_SAMPLE, 0.5), 3);
        Augmenter noisy = new Augmenter(Augmentation.none().withNoise(0.25, 25), 3);
        float[] plain = sample(4, 1).depth();
        for (int i = 0; i < 1000; i++) {
            flips += Arrays.equals(plain, half.apply(sample(4, 1), 0, i).depth()) ? 0 : 1;
            changed += sample(40, 4).picture().equals(noisy.apply(sample(40, 4), 0, i).picture()) ? 0 : 1;
        }
        assertEquals(500, flips, 5 * Math.sqrt(250));
        assertEquals(250, changed, 5 * Math.sqrt(187.5));
    }

    /** Mid-gray with noise of variance uniform in 0..25: mean 128, average variance 12.5 plus 1/12 of rounding. */
    @Test
    void noiseHasItsMoments() {
        Augmenter noisy = new Augmenter(Augmentation.none().withNoise(1, 25), 11);
        double sum = 0;
        double squares = 0;
        double cubes = 0;
        int count = 0;
        for (int i = 0; i < 200; i++) {
            byte[] gray = new byte[3 * 400];
            Arrays.fill(gray, (byte) 128);
            noisy.apply(new DepthSample("s", new Picture(20, 20, gray), new float[400], 0), 0, i);
            for (byte v : gray) {
                double d = (v & 0xFF) - 128;
                sum += d;
                squares += d * d;
                cubes += d * d * d;
                count++;
            }
        }
        assertEquals(0, sum / count, 0.05);
        assertEquals(12.6, squares / count, 1.6);
        assertEquals(0, cubes / count, 2);
    }

    /** The three linear steps on one pixel, by the formulas of the documentation. */
    @Test
    void jitterByHand() {
        byte[] rgb = {100, (byte) 200, 50, 10, 20, 30};
        assertJitter(new byte[] {110, (byte) 220, 55, 11, 22, 33}, rgb, 1.1, 1, 1, 0);
        assertJitter(new byte[] {(byte) 150, (byte) 255, 75, 15, 30, 45}, rgb, 1.5, 1, 1, 0);
        // luma: 153 for the first pixel, 18 for the second, mean 85.5
        assertJitter(new byte[] {92, (byte) 142, 67, 47, 52, 57}, rgb, 1, 0.5, 1, 0);
        assertJitter(new byte[] {127, (byte) 177, 102, 14, 19, 24}, rgb, 1, 1, 0.5, 0);
        assertJitter(rgb, rgb, 1, 1, 1, 0);
    }

    private static void assertJitter(byte[] expected, byte[] rgb, double brightness, double contrast, double saturation,
            double hue) {
        Picture picture = new Picture(2, 1, rgb.clone());
        new ColourJitter(brightness, contrast, saturation, hue, IN_ORDER).apply(picture);
        assertArrayEquals(expected, picture.rgb());
    }

    /** A third of a turn moves the channels on by one; java.awt.Color knows the rest. */
    @Property(tries = 200)
    void hueTurnsAsInHsv(@ForAll byte r, @ForAll byte g, @ForAll byte b,
            @ForAll @DoubleRange(min = -0.5, max = 0.5) double hue) {
        Picture third = new Picture(1, 1, new byte[] {r, g, b});
        new ColourJitter(1, 1, 1, 1 / 3.0, IN_ORDER).apply(third);
        assertArrayEquals(new byte[] {b, r, g}, third.rgb());

        Picture picture = new Picture(1, 1, new byte[] {r, g, b});
        new ColourJitter(1, 1, 1, hue, IN_ORDER).apply(picture);
        float[] hsb = java.awt.Color.RGBtoHSB(r & 0xFF, g & 0xFF, b & 0xFF, null);
        int expected = java.awt.Color.HSBtoRGB((float) (hsb[0] + hue), hsb[1], hsb[2]);
        for (int c = 0; c < 3; c++) {
            assertEquals((expected >> (16 - 8 * c)) & 0xFF, picture.at(0, 0, c), 1);
        }
    }

    @Test
    void theOrderOfTheStepsMatters() {
        byte[] rgb = {100, (byte) 200, 50, 10, 20, 30};
        Picture first = new Picture(2, 1, rgb.clone());
        Picture second = new Picture(2, 1, rgb.clone());
        new ColourJitter(1.5, 0.5, 1, 0, new int[] {0, 1}).apply(first);
        new ColourJitter(1.5, 0.5, 1, 0, new int[] {1, 0}).apply(second);
        assertNotEquals(first, second);
    }

    @Test
    void rangesAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> Augmentation.none().withFlip(FlipMode.PER_BATCH, 1.5));
        assertThrows(IllegalArgumentException.class, () -> Augmentation.none().withJitter(1, 0.6));
        assertThrows(IllegalArgumentException.class, () -> Augmentation.none().withNoise(1, -1));
        assertThrows(IllegalArgumentException.class, () -> Augmentation.none().withNoise(Double.NaN, 1));
        assertTrue(Augmentation.authors().jitterProbability() == 0);
    }
}
