package dev.fathom.training.synth;

/**
 * The materials of rooms and furniture, each a small function of position. Sizes are in metres and stay near what they
 * are in real houses: a plank, a tile and a brick are cues to distance.
 */
public final class Textures {

    private Textures() {
    }

    /** One colour. */
    public record Plain(Rgb mean) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            out.set(mean);
        }
    }

    /** Painted plaster: large, faint clouds and a fine grain. */
    public record Plaster(Rgb mean, double strength, int seed) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            double f = Math.max(fu, fv);
            double clouds = Noise.fractal(u * 1.3, v * 1.3, f * 1.3, 3, seed);
            double grain = Noise.fractal(u * 60, v * 60, f * 60, 2, seed + 7);
            out.set(mean, 1 + strength * (clouds + 0.6 * grain));
        }
    }

    /** Wallpaper: vertical stripes with a thin line on either side of each. */
    public record Stripes(Rgb ground, Rgb stripe, double period, double width) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            out.set(ground);
            out.blend(stripe, Bands.share(u, period, width, fu));
            double lines = Bands.joint(u + 0.02, period, 0.006, fu) + Bands.joint(u - width - 0.02, period, 0.006, fu);
            out.blend(stripe, 0.7 * lines);
        }

        @Override
        public Rgb mean() {
            return ground.mix(stripe, width / period);
        }
    }

    /** Squares of two colours. */
    public record Checker(Rgb a, Rgb b, double size) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            double su = 2 * Bands.share(u, 2 * size, size, fu) - 1;
            double sv = 2 * Bands.share(v, 2 * size, size, fv) - 1;
            out.set(a);
            out.blend(b, 0.5 - 0.5 * su * sv);
        }

        @Override
        public Rgb mean() {
            return a.mix(b, 0.5);
        }
    }

    /**
     * Tiles or bricks: rectangles with joints, each a little lighter or darker than the next. With {@code bond} 0.5
     * every other row is shifted by half a brick.
     */
    public record Tiles(Rgb tile, Rgb joint, double width, double height, double gap, double bond, double variation,
        int seed)
            implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            int row = (int) Math.floor(v / height);
            double shifted = u + (row & 1) * bond * width;
            int column = (int) Math.floor(shifted / width);
            double fade = Noise.clamp01(1.5 - Math.max(fu / width, fv / height));
            double f = Math.max(fu, fv);
            double tone = variation * (2 * Noise.unit(column, row, seed) - 1) * fade
                + 0.35 * variation * Noise.fractal(u * 9, v * 9, f * 9, 3, seed + 3);
            out.set(tile, 1 + tone);
            double across = Bands.joint(shifted, width, gap, fu);
            double along = Bands.joint(v, height, gap, fv);
            out.blend(joint, across + along - across * along);
        }

        @Override
        public Rgb mean() {
            return tile.mix(joint, gap / width + gap / height);
        }
    }

    /** A wooden floor: planks along u, each with its own tone and grain, and thin dark joints. */
    public record Planks(Rgb wood, double width, double length, double variation, int seed) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            int row = (int) Math.floor(v / width);
            double shifted = u + length * Noise.unit(row, 0, seed);
            int plank = (int) Math.floor(shifted / length);
            double fade = Noise.clamp01(1.5 - Math.max(fu / length, fv / width));
            double tone = variation * (2 * Noise.unit(plank, row, seed + 1) - 1) * fade;
            double grain = Noise.fractal(u * 3, v * 55 + 13 * Noise.unit(plank, row, seed + 2),
                Math.max(fu * 3, fv * 55), 3, seed + 3);
            out.set(wood, 1 + tone + 0.55 * variation * grain);
            double along = Bands.joint(v, width, 0.004, fv);
            double across = Bands.joint(shifted, length, 0.004, fu);
            out.scale(1 - 0.6 * (along + across - along * across));
        }

        @Override
        public Rgb mean() {
            return wood;
        }
    }

    /** Furniture wood: grain along u, no joints. */
    public record Grain(Rgb mean, double strength, int seed) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            double bend = 0.03 * Noise.value(u * 1.7, v * 3, seed);
            double rings = Noise.fractal(u * 1.5, (v + bend) * 38, Math.max(fu * 1.5, fv * 38), 3, seed + 1);
            out.set(mean, 1 + strength * rings);
        }
    }

    /** Cloth or carpet: a fine weave over soft shades. */
    public record Weave(Rgb mean, double strength, int seed) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            double f = Math.max(fu, fv);
            double threads = Noise.fractal(u * 160, v * 160, f * 160, 2, seed);
            double shade = Noise.fractal(u * 5, v * 5, f * 5, 3, seed + 5);
            out.set(mean, 1 + strength * (1.2 * threads + 0.5 * shade));
        }
    }
}
