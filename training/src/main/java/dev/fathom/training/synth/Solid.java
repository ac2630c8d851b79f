package dev.fathom.training.synth;

/**
 * A thing that rays can meet. Two questions are kept apart because most rays need only the first: how far, and, for the
 * nearest thing alone, what is there.
 */
public interface Solid {
    /** What {@link #distance} answers when the ray misses. */
    double MISS = Double.POSITIVE_INFINITY;

    /**
     * Distance along the ray to the nearest surface beyond {@code tMin}, in units of the ray's direction, or
     * {@link #MISS}.
     */
    double distance(Ray ray, double tMin);

    /** Describes the surface at distance {@code t}, which {@link #distance} has just found. */
    void describe(Ray ray, double t, Hit hit);

    /** The smallest sphere known to hold the solid, for skipping it cheaply. */
    Bound bound();

    /** A sphere around something: centre and radius. */
    record Bound(double x, double y, double z, double radius) {
        /** Whether the ray may meet the sphere at all. */
        boolean touches(Ray r) {
            double px = x - r.ox;
            double py = y - r.oy;
            double pz = z - r.oz;
            double along = px * r.dx + py * r.dy + pz * r.dz;
            double dd = r.dx * r.dx + r.dy * r.dy + r.dz * r.dz;
            double gap = px * px + py * py + pz * pz - radius * radius;
            return gap <= 0 || (along > 0 && gap * dd <= along * along);
        }
    }
}
