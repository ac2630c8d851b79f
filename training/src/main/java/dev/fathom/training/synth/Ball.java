package dev.fathom.training.synth;

/** A sphere: centre and radius in metres. */
public record Ball(double cx, double cy, double cz, double radius, Material material) implements Solid {

    /** The roots of |o + t d - c|^2 = r^2 in t. */
    @Override
    public double distance(Ray r, double tMin) {
        double px = r.ox - cx;
        double py = r.oy - cy;
        double pz = r.oz - cz;
        double a = r.dx * r.dx + r.dy * r.dy + r.dz * r.dz;
        double half = px * r.dx + py * r.dy + pz * r.dz;
        double c = px * px + py * py + pz * pz - radius * radius;
        double disc = half * half - a * c;
        if (disc < 0) {
            return MISS;
        }
        double root = Math.sqrt(disc);
        double near = (-half - root) / a;
        if (near > tMin) {
            return near;
        }
        double far = (-half + root) / a;
        return far > tMin ? far : MISS;
    }

    @Override
    public void describe(Ray r, double t, Hit hit) {
        double x = (r.ox + t * r.dx - cx) / radius;
        double y = (r.oy + t * r.dy - cy) / radius;
        double z = Math.clamp((r.oz + t * r.dz - cz) / radius, -1.0, 1.0);
        hit.normal(x, y, z);
        double ring = Math.max(Math.hypot(x, y), 1e-6);
        double ux = -y / ring;
        double uy = x / ring;
        hit.axes(ux, uy, 0, -z * uy, z * ux, ring);
        hit.texture(Math.atan2(y, x) * radius, Math.asin(z) * radius, material);
        hit.face = 0;
    }

    @Override
    public Bound bound() {
        return new Bound(cx, cy, cz, radius);
    }
}
