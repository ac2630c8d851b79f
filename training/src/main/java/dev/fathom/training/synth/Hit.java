package dev.fathom.training.synth;

/**
 * What a ray met: the surface's normal, its texture coordinates and its material. Mutable and reused.
 *
 * <p>Texture coordinates (u, v) are metres along the surface; the unit vectors (ux, uy, uz) and (vx, vy, vz) say in
 * which world direction each grows, which is what turns a pixel's outline into a footprint on the texture.
 */
public final class Hit {
    /** Distance in units of the ray's direction. */
    public double t;
    public double nx;
    public double ny;
    public double nz;
    public double u;
    public double v;
    public double ux;
    public double uy;
    public double uz;
    public double vx;
    public double vy;
    public double vz;
    public Material material;
    /** Tells the faces of one solid apart. */
    public int face;
    /** Tells every face of the scene apart: two pixels with the same id lie on the same smooth surface. */
    public int id;

    public void normal(double x, double y, double z) {
        nx = x;
        ny = y;
        nz = z;
    }

    public void axes(double ux, double uy, double uz, double vx, double vy, double vz) {
        this.ux = ux;
        this.uy = uy;
        this.uz = uz;
        this.vx = vx;
        this.vy = vy;
        this.vz = vz;
    }

    public void texture(double u, double v, Material material) {
        this.u = u;
        this.v = v;
        this.material = material;
    }
}
