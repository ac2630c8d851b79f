package dev.fathom.training.synth;

/**
 * A box, turned about the vertical. Built by {@link #of}; cosine and sine of the angle are kept because every ray needs
 * them.
 *
 * @param cx   centre, metres
 * @param hx   half the size along the box's own x axis
 * @param cos  cosine of the turn, counter-clockwise seen from above
 * @param side material of the four sides
 * @param top  material of top and bottom
 */
public record Box(double cx, double cy, double cz, double hx, double hy, double hz, double cos, double sin,
           Material side, Material top) implements Solid {

    /**
     * A box that stands with its base at height {@code base}, of the given full sizes, turned by {@code yaw} radians.
     */
    public static Box of(double x, double y, double base, double sx, double sy, double sz, double yaw, Material side,
            Material top) {
        return new Box(x, y, base + sz / 2, sx / 2, sy / 2, sz / 2, Math.cos(yaw), Math.sin(yaw), side, top);
    }

    /**
     * The slab method (Kay and Kajiya, "Ray tracing complex scenes", SIGGRAPH 1986): the ray is inside the box where it
     * is between all three pairs of planes.
     */
    @Override
    public double distance(Ray r, double tMin) {
        double px = r.ox - cx;
        double py = r.oy - cy;
        double ix = 1 / (cos * r.dx + sin * r.dy);
        double iy = 1 / (cos * r.dy - sin * r.dx);
        double iz = 1 / r.dz;
        double mx = -(cos * px + sin * py) * ix;
        double my = -(cos * py - sin * px) * iy;
        double mz = (cz - r.oz) * iz;
        double wx = Math.abs(hx * ix);
        double wy = Math.abs(hy * iy);
        double wz = Math.abs(hz * iz);
        double in = Math.max(mx - wx, Math.max(my - wy, mz - wz));
        double out = Math.min(mx + wx, Math.min(my + wy, mz + wz));
        if (!(in <= out)) {
            return MISS;
        }
        return in > tMin ? in : out > tMin ? out : MISS;
    }

    @Override
    public void describe(Ray r, double t, Hit hit) {
        double px = r.ox + t * r.dx - cx;
        double py = r.oy + t * r.dy - cy;
        double lx = cos * px + sin * py;
        double ly = cos * py - sin * px;
        double lz = r.oz + t * r.dz - cz;
        double ex = Math.abs(Math.abs(lx) - hx);
        double ey = Math.abs(Math.abs(ly) - hy);
        double ez = Math.abs(Math.abs(lz) - hz);
        if (ez <= ex && ez <= ey) {
            hit.normal(0, 0, Math.signum(lz));
            hit.axes(cos, sin, 0, -sin, cos, 0);
            hit.texture(lx + hx, ly + hy, top);
            hit.face = lz > 0 ? 0 : 1;
        } else if (ex <= ey) {
            double s = Math.signum(lx);
            hit.normal(s * cos, s * sin, 0);
            hit.axes(-sin, cos, 0, 0, 0, 1);
            hit.texture(ly + hy, lz + hz, side);
            hit.face = lx > 0 ? 2 : 3;
        } else {
            double s = Math.signum(ly);
            hit.normal(-s * sin, s * cos, 0);
            hit.axes(cos, sin, 0, 0, 0, 1);
            hit.texture(lx + hx, lz + hz, side);
            hit.face = ly > 0 ? 4 : 5;
        }
    }

    @Override
    public Bound bound() {
        return new Bound(cx, cy, cz, Math.sqrt(hx * hx + hy * hy + hz * hz));
    }
}
