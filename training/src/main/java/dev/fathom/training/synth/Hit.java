package dev.fathom.training.synth;

/**
 * What a ray met: the surface's normal, its texture coordinates and its material. Mutable and reused.
 *
 * <p>Texture coordinates (u, v) are metres along the surface; the unit vectors (ux, uy, uz) and (vx, vy, vz) say in which
 * world direction each grows, which is what turns a pixel's outline into a footprint on the texture.
 */
final class Hit {
    /** Distance in units of the ray's direction. */
    double t;
    double nx;
    double ny;
    double nz;
    double u;
    double v;
    double ux;
    double uy;
    double uz;
    double vx;
    double vy;
    double vz;
    Material material;
    /** Tells the faces of one solid apart. */
    int face;
    /** Tells every face of the scene apart: two pixels with the same id lie on the same smooth surface. */
    int id;

    void normal(double x, double y, double z) {
        nx = x;
        ny = y;
        nz = z;
    }

    void axes(double ux, double uy, double uz, double vx, double vy, double vz) {
        this.ux = ux;
        this.uy = uy;
        this.uz = uz;
        this.vx = vx;
        this.vy = vy;
        this.vz = vz;
    }

    void texture(double u, double v, Material material) {
        this.u = u;
        this.v = v;
        this.material = material;
    }
}
