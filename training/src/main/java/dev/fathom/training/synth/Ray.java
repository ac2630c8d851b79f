package dev.fathom.training.synth;

/**
 * A half-line: origin and direction, in metres. The direction need not have length 1: a camera ray is scaled so that
 * its component along the optical axis is 1, and then the distance at which it hits <em>is</em> the planar depth.
 * Mutable and reused, because the ray caster follows millions of them.
 */
public final class Ray {
    public double ox;
    public double oy;
    public double oz;
    public double dx;
    public double dy;
    public double dz;

    public void set(double ox, double oy, double oz, double dx, double dy, double dz) {
        this.ox = ox;
        this.oy = oy;
        this.oz = oz;
        this.dx = dx;
        this.dy = dy;
        this.dz = dz;
    }
}
