package dev.fathom.training.synth;

/** An upright cylinder with flat ends: axis at (cx, cy), from {@code base} up to {@code base + height}, in metres. */
public record Cylinder(double cx, double cy, double base, double radius, double height, Material side, Material top)
        implements Solid {

    /** The nearest of: the mantle's two roots within the height, and the two end discs. */
    @Override
    public double distance(Ray r, double tMin) {
        double px = r.ox - cx;
        double py = r.oy - cy;
        double a = r.dx * r.dx + r.dy * r.dy;
        double half = px * r.dx + py * r.dy;
        double c = px * px + py * py - radius * radius;
        double best = MISS;
        double disc = half * half - a * c;
        if (disc >= 0 && a > 0) {
            double root = Math.sqrt(disc);
            best = mantle(r, (-half - root) / a, tMin, best);
            best = mantle(r, (-half + root) / a, tMin, best);
        }
        best = end(r, (base - r.oz) / r.dz, tMin, best);
        return end(r, (base + height - r.oz) / r.dz, tMin, best);
    }

    private double mantle(Ray r, double t, double tMin, double best) {
        double z = r.oz + t * r.dz - base;
        return t > tMin && t < best && z >= 0 && z <= height ? t : best;
    }

    private double end(Ray r, double t, double tMin, double best) {
        double x = r.ox + t * r.dx - cx;
        double y = r.oy + t * r.dy - cy;
        return t > tMin && t < best && x * x + y * y <= radius * radius ? t : best;
    }

    @Override
    public void describe(Ray r, double t, Hit hit) {
        double x = r.ox + t * r.dx - cx;
        double y = r.oy + t * r.dy - cy;
        double z = r.oz + t * r.dz - base;
        double toEnd = Math.min(Math.abs(z), Math.abs(z - height));
        double ring = Math.max(Math.hypot(x, y), 1e-9);
        if (toEnd < Math.abs(ring - radius)) {
            boolean upper = z > height / 2;
            hit.normal(0, 0, upper ? 1 : -1);
            hit.axes(1, 0, 0, 0, 1, 0);
            hit.texture(x + radius, y + radius, top);
            hit.face = upper ? 0 : 1;
        } else {
            hit.normal(x / ring, y / ring, 0);
            hit.axes(-y / ring, x / ring, 0, 0, 0, 1);
            hit.texture(Math.atan2(y, x) * radius, z, side);
            hit.face = 2;
        }
    }

    @Override
    public Bound bound() {
        return new Bound(cx, cy, base + height / 2, Math.hypot(radius, height / 2));
    }
}
