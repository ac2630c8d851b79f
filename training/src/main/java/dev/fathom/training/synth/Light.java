package dev.fathom.training.synth;

/** A source of light. Radiances are in arbitrary units: {@link Sensor} sets the exposure. */
public sealed interface Light {

    /** Total flux into the room, for the estimate of the light that has been reflected many times. */
    double flux();

    /**
     * A glowing rectangle: a lamp in the ceiling or a window onto the sky. It shines evenly into the half-space of its
     * normal (a Lambertian emitter), so what it gives falls off with the square of the distance.
     *
     * @param centre   middle of the rectangle, metres
     * @param halfA    from the middle to one side
     * @param halfB    from the middle to the next side
     * @param normal   the direction it shines in, of length 1
     * @param radiance its brightness
     */
    record Area(Vec3 centre, Vec3 halfA, Vec3 halfB, Vec3 normal, Rgb radiance) implements Light {
        public double area() {
            return 4 * halfA.length() * halfB.length();
        }

        @Override
        public double flux() {
            return Math.PI * area() * radiance.mean();
        }
    }

    /**
     * The sun, seen through whatever window lies in its direction.
     *
     * @param direction  towards the sun, of length 1
     * @param irradiance on a surface that faces it
     * @param opening    area of the windows as the sun sees it, square metres
     */
    record Sun(Vec3 direction, Rgb irradiance, double opening) implements Light {
        @Override
        public double flux() {
            return irradiance.mean() * opening;
        }
    }
}
