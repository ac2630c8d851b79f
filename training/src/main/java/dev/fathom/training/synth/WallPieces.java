package dev.fathom.training.synth;

/**
 * What hangs on walls, lies on floors and is let into ceilings: flat rectangles with their own texture, whose
 * coordinates run from the piece's lower left corner. Doors, sills and skirting boards have the sizes of real ones.
 */
public final class WallPieces {
    private static final Rgb METAL = Rgb.hex(0xB9B4A8);

    private WallPieces() {
    }

    /** A framed picture: frame, white mount, and soft fields of three colours. */
    public record Painting(double width, double height, Rgb frame, Rgb a, Rgb b, Rgb c, int seed) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            double f = Math.max(fu, fv);
            double x = u / width;
            double y = v / height;
            double drift = Noise.fractal(x * 2.2, y * 2.2, f * 3, 3, seed);
            out.set(a);
            out.blend(b, Noise.clamp01(6 * (y - 0.42 + 0.5 * drift)));
            double disc = Math.hypot(x - 0.3 - 0.4 * Noise.unit(1, 2, seed), (y - 0.62) * height / width);
            out.blend(c, Noise.clamp01((0.17 - disc) * width / Math.max(f, 0.004)));
            double mount = Math.min(0.07, 0.15 * Math.min(width, height));
            double picture = Bands.between(u, mount, width - mount, fu) * Bands.between(v, mount, height - mount, fv);
            out.blend(new Rgb(0.82, 0.81, 0.78), 1 - picture);
            double inside = Bands.between(u, 0.025, width - 0.025, fu) * Bands.between(v, 0.025, height - 0.025, fv);
            out.blend(frame, 1 - inside);
        }

        @Override
        public Rgb mean() {
            return a.mix(b, 0.5);
        }
    }

    /** A panelled door with its frame and handle. */
    public record Door(double width, double height, Rgb leaf, Rgb frame) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            out.set(leaf);
            double edge = 0.07;
            double left = edge + 0.12;
            double right = width - edge - 0.12;
            groove(u, v, left, right, 0.22, 0.9, fu, fv, out);
            groove(u, v, left, right, 1.1, height - edge - 0.14, fu, fv, out);
            double handle = Bands.between(u, width - edge - 0.13, width - edge - 0.02, fu)
                * Bands.between(v, 1.03, 1.055, fv);
            out.blend(METAL, handle);
            double inside = Bands.between(u, edge, width - edge, fu) * Bands.between(v, -1, height - edge, fv);
            out.blend(frame, 1 - inside);
            double seam = Bands.between(u, edge - 0.004, edge + 0.004, fu)
                + Bands.between(u, width - edge - 0.004, width - edge + 0.004, fu);
            out.scale(1 - 0.6 * Noise.clamp01(seam));
        }

        /** The outline of a sunk panel: darker above, lighter below, as light from above makes it. */
        private static void groove(double u, double v, double left, double right, double bottom, double top,
                double fu, double fv, Swatch out) {
            double outer = Bands.between(u, left, right, fu) * Bands.between(v, bottom, top, fv);
            double shadow = Bands.between(u, left, right, fu) * Bands.between(v, top - 0.015, top, fv);
            double light = Bands.between(u, left, right, fu) * Bands.between(v, bottom, bottom + 0.015, fv);
            double inner = Bands.between(u, left + 0.015, right - 0.015, fu)
                * Bands.between(v, bottom + 0.015, top - 0.015, fv);
            out.scale(1 - 0.18 * (outer - inner) - 0.25 * shadow + 0.3 * light);
        }

        @Override
        public Rgb mean() {
            return leaf;
        }
    }

    /** A window with bars: panes glow with the sky, brighter towards the top; frame and bars do not. */
    public record Window(double width, double height, int bars, Rgb frame, Rgb sky, double glow) implements Texture {
        static final double EDGE = 0.06;
        static final double BAR = 0.035;

        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            double pane = Bands.between(u, EDGE, width - EDGE, fu) * Bands.between(v, EDGE, height - EDGE, fv);
            pane *= 1 - Bands.joint(u, width / bars, BAR, fu);
            pane *= 1 - Bands.between(v, height * 0.68, height * 0.68 + BAR, fv);
            out.set(frame);
            out.blend(sky, pane);
            out.glow = glow * pane * (0.75 + 0.5 * v / height);
        }

        /** Whether light passes at (u, v): what the sun asks. */
        public boolean open(double u, double v) {
            double phase = u - (width / bars) * Math.rint(u * bars / width);
            double rail = v - height * 0.68;
            return u > EDGE && u < width - EDGE && v > EDGE && v < height - EDGE && Math.abs(phase) > BAR / 2
                && (rail < 0 || rail > BAR);
        }

        @Override
        public Rgb mean() {
            return sky;
        }
    }

    /** A flat lamp: a bright pane in a thin frame. */
    public record LampPane(double width, double height, Rgb light, double glow) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            double pane = Bands.between(u, 0.02, width - 0.02, fu) * Bands.between(v, 0.02, height - 0.02, fv);
            out.set(METAL);
            out.blend(light, pane);
            out.glow = glow * pane;
        }

        @Override
        public Rgb mean() {
            return light;
        }
    }

    /** A rug: a border, a second thin border, and a field with bands across. */
    public record Rug(double width, double height, Rgb field, Rgb border, double bands, int seed) implements Texture {
        @Override
        public void colour(double u, double v, double fu, double fv, Swatch out) {
            double f = Math.max(fu, fv);
            out.set(field);
            out.blend(border, 0.55 * Bands.share(u + 0.5 * bands, 2 * bands, bands, fu));
            double inner = Bands.between(u, 0.14, width - 0.14, fu) * Bands.between(v, 0.14, height - 0.14, fv);
            out.blend(border, 1 - inner);
            double line = Bands.between(u, 0.05, width - 0.05, fu) * Bands.between(v, 0.05, height - 0.05, fv)
                - Bands.between(u, 0.08, width - 0.08, fu) * Bands.between(v, 0.08, height - 0.08, fv);
            out.blend(field, Math.max(0, line));
            out.scale(1 + 0.25 * Noise.fractal(u * 120, v * 120, f * 120, 2, seed));
        }

        @Override
        public Rgb mean() {
            return field.mix(border, 0.5);
        }
    }
}
