package dev.fathom.training.synth;

/**
 * A point, a direction or a colour with three components. Used where scenes are built; the inner loops of
 * {@link RayCaster} work on plain doubles.
 */
public record Vec3(double x, double y, double z) {
    static final Vec3 UP = new Vec3(0, 0, 1);

    public Vec3 plus(Vec3 o) {
        return new Vec3(x + o.x, y + o.y, z + o.z);
    }

    public Vec3 minus(Vec3 o) {
        return new Vec3(x - o.x, y - o.y, z - o.z);
    }

    public Vec3 times(double s) {
        return new Vec3(x * s, y * s, z * s);
    }

    public double dot(Vec3 o) {
        return x * o.x + y * o.y + z * o.z;
    }

    public Vec3 cross(Vec3 o) {
        return new Vec3(y * o.z - z * o.y, z * o.x - x * o.z, x * o.y - y * o.x);
    }

    public double length() {
        return Math.sqrt(dot(this));
    }

    /** The direction of this vector, of length 1. */
    public Vec3 unit() {
        return times(1 / length());
    }
}
