package dev.fathom.tests.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.training.synth.Rgb;
import dev.fathom.training.synth.Swatch;
import dev.fathom.training.synth.Texture;
import dev.fathom.training.synth.Textures;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

/** Textures promise the mean over a pixel's footprint: held against the mean over many points of it. */
class TextureFilterTest {
    private static final Rgb BLACK = new Rgb(0, 0, 0);
    private static final Rgb WHITE = new Rgb(1, 1, 1);

    private static double mean(Texture texture, double u, double v, double fu, double fv) {
        int n = 60;
        Swatch point = new Swatch();
        double sum = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                texture.colour(u + fu * ((i + 0.5) / n - 0.5), v + fv * ((j + 0.5) / n - 0.5), 1e-6, 1e-6, point);
                sum += point.r;
            }
        }
        return sum / (n * n);
    }

    @Example
    void aCheckerHasItsTwoColoursInTurn() {
        Texture checker = new Textures.Checker(BLACK, WHITE, 0.4);
        Swatch point = new Swatch();
        for (int i = -3; i < 4; i++) {
            for (int j = -3; j < 4; j++) {
                checker.colour(0.4 * i + 0.1, 0.4 * j + 0.3, 1e-3, 1e-3, point);
                assertEquals(Math.floorMod(i + j, 2) == 0 ? 0 : 1, point.r, 1e-9);
            }
        }
    }

    @Property(tries = 60)
    void checkersAreAveragedOverThePixel(@ForAll @DoubleRange(min = -3, max = 3) double u,
            @ForAll @DoubleRange(min = -3, max = 3) double v, @ForAll @DoubleRange(min = 0.01, max = 2) double fu,
            @ForAll @DoubleRange(min = 0.01, max = 2) double fv) {
        Texture checker = new Textures.Checker(BLACK, WHITE, 0.4);
        Swatch pixel = new Swatch();
        checker.colour(u, v, fu, fv, pixel);
        assertEquals(mean(checker, u, v, fu, fv), pixel.r, 0.04);
    }

    @Property(tries = 60)
    void jointsOfTilesAreAveragedOverThePixel(@ForAll @DoubleRange(min = -3, max = 3) double u,
            @ForAll @DoubleRange(min = 0.05, max = 0.25) double v,
            @ForAll @DoubleRange(min = 0.01, max = 1) double fu) {
        // Within one row and without variation the joints alone decide.
        Texture tiles = new Textures.Tiles(WHITE, BLACK, 0.5, 0.3, 0.05, 0.5, 0, 3);
        Swatch pixel = new Swatch();
        tiles.colour(u, v, fu, 1e-6, pixel);
        assertEquals(mean(tiles, u, v, fu, 1e-6), pixel.r, 0.04);
    }

    @Property(tries = 60)
    void farAwayATextureIsItsMeanColour(@ForAll @DoubleRange(min = -50, max = 50) double u,
            @ForAll @DoubleRange(min = -50, max = 50) double v) {
        Texture checker = new Textures.Checker(BLACK, WHITE, 0.1);
        Texture stripes = new Textures.Stripes(BLACK, WHITE, 0.3, 0.1);
        Swatch pixel = new Swatch();
        checker.colour(u, v, 20, 20, pixel);
        assertEquals(checker.mean().r(), pixel.r, 0.02);
        stripes.colour(u, v, 20, 20, pixel);
        assertEquals(stripes.mean().r(), pixel.r, 0.05);
    }
}
