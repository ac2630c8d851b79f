package dev.fathom.training.synth;

/** The colours of a surface. Implementations are immutable and functions of position alone. */
public interface Texture {
    /**
     * Writes the colour at (u, v), averaged over a pixel's footprint.
     *
     * @param u  metres along the surface
     * @param v  metres along the surface, across u (on walls: the height)
     * @param fu extent of the pixel along u, in metres
     * @param fv extent of the pixel along v, in metres
     */
    void colour(double u, double v, double fu, double fv, Swatch out);

    /** The mean colour: what the surface looks like from far away, and what light that it reflects is tinted with. */
    Rgb mean();
}
