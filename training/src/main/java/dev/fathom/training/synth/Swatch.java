package dev.fathom.training.synth;

/** The colour of one point of a surface, in linear light. Mutable and reused: textures write into it. */
public final class Swatch {
    public double r;
    public double g;
    public double b;
    /**
     * Light that the point gives off by itself, as a multiple of its colour: 0 for everything but lamps and windows.
     */
    public double glow;

    public void set(Rgb c) {
        set(c, 1);
    }

    /** The colour {@code c} brightened or darkened by {@code gain}. */
    public void set(Rgb c, double gain) {
        r = c.r() * gain;
        g = c.g() * gain;
        b = c.b() * gain;
        glow = 0;
    }

    /** Blends {@code share} (0..1) of another colour over this one. */
    public void blend(Rgb c, double share) {
        r += (c.r() - r) * share;
        g += (c.g() - g) * share;
        b += (c.b() - b) * share;
    }

    public void scale(double gain) {
        r *= gain;
        g *= gain;
        b *= gain;
    }
}
