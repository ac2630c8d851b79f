package dev.fathom.training.synth;

/**
 * The light that reaches a point: lamps, windows and the sun directly, with shadows, and everything else by one bounce.
 *
 * <p>A soft shadow needs many samples of a lamp. Instead of many at each pixel, neighbouring pixels take different
 * ones: the pixels of each 4 x 4 block cover the 16 cells of a 4 x 4 stratification, and {@link RayCaster} then
 * averages over a 4 x 4 window, which always holds each cell once (interleaved sampling: Keller and Heidrich, EGWR
 * 2001). One ray a lamp and pixel, sixteen samples a lamp.
 */
final class Lighting {
    /** Components of the result: irradiance r, g, b, then highlight r, g, b. */
    static final int CHANNELS = 6;
    /** Side of the block of pixels that share their samples. */
    static final int BLOCK = 4;
    /** How far samples stray from the middle of their cell: enough to hide steps in a shadow, too little to be seen. */
    private static final double JITTER = 0.15;
    /** Things nearer than this darken a corner, metres. */
    private static final double NEAR = 0.9;
    /** Angular radius of the sun, radians: larger than the real one (0.0047), for softer edges. */
    private static final double SUN_RADIUS = 0.012;

    private final Scene scene;
    private final Ray probe = new Ray();
    private final Hit met = new Hit();

    /** For one thread: holds scratch rays. */
    Lighting(Scene scene) {
        this.scene = scene;
    }

    /**
     * Light at {@code hit}, seen along {@code view}.
     *
     * @param px  the pixel's column, which chooses the sample
     * @param py  the pixel's row
     * @param out {@link #CHANNELS} values from {@code at} on: irradiance, and the highlight that the camera sees
     */
    void gather(Ray view, Hit hit, int px, int py, float[] out, int at) {
        int seed = scene.sensor().noiseSeed();
        double s = ((px & BLOCK - 1) + 0.5 + JITTER * (Noise.unit(px, py, seed) - 0.5)) / BLOCK;
        double t = ((py & BLOCK - 1) + 0.5 + JITTER * (Noise.unit(px, py, seed + 1) - 0.5)) / BLOCK;
        double x = view.ox + hit.t * view.dx;
        double y = view.oy + hit.t * view.dy;
        double z = view.oz + hit.t * view.dz;
        for (int c = 0; c < CHANNELS; c++) {
            out[at + c] = 0;
        }
        for (Light light : scene.lights()) {
            switch (light) {
                case Light.Area area -> fromArea(area, view, hit, x, y, z, s, t, out, at);
                case Light.Sun sun -> fromSun(sun, view, hit, x, y, z, s, t, out, at);
            }
        }
        reflected(hit, x, y, z, s, t, out, at);
    }

    /** E = L cos(surface) cos(lamp) area / distance^2, for one point of the lamp. */
    private void fromArea(Light.Area lamp, Ray view, Hit hit, double x, double y, double z, double s, double t,
            float[] out, int at) {
        double a = 2 * s - 1;
        double b = 2 * t - 1;
        double lx = lamp.centre().x() + a * lamp.halfA().x() + b * lamp.halfB().x() - x;
        double ly = lamp.centre().y() + a * lamp.halfA().y() + b * lamp.halfB().y() - y;
        double lz = lamp.centre().z() + a * lamp.halfA().z() + b * lamp.halfB().z() - z;
        double squared = lx * lx + ly * ly + lz * lz;
        double distance = Math.sqrt(squared);
        double cosSurface = (lx * hit.nx + ly * hit.ny + lz * hit.nz) / distance;
        double cosLamp = -(lx * lamp.normal().x() + ly * lamp.normal().y() + lz * lamp.normal().z()) / distance;
        if (cosSurface <= 0 || cosLamp <= 0) {
            return;
        }
        probe.set(x, y, z, lx, ly, lz);
        if (scene.blocked(probe, 1)) {
            return;
        }
        // Each sample stands for a cell of the lamp: as a disc of the same area, so that it stays finite when near.
        double e = cosSurface * cosLamp * lamp.area() / (squared + lamp.area() / (BLOCK * BLOCK * Math.PI));
        add(lamp.radiance(), e, view, hit, lx / distance, ly / distance, lz / distance, out, at);
    }

    /** The sun shines where the way to it is free and leaves the room through a pane. */
    private void fromSun(Light.Sun sun, Ray view, Hit hit, double x, double y, double z, double s, double t,
            float[] out, int at) {
        double lx = sun.direction().x() + SUN_RADIUS * (2 * s - 1);
        double ly = sun.direction().y() + SUN_RADIUS * (2 * t - 1);
        double lz = sun.direction().z();
        double cos = lx * hit.nx + ly * hit.ny + lz * hit.nz;
        if (cos <= 0) {
            return;
        }
        probe.set(x, y, z, lx, ly, lz);
        double exit = scene.room().distance(probe, Scene.TOUCHING);
        scene.room().describe(probe, exit, met);
        if (met.material.texture() instanceof WallPieces.Window window && window.open(met.u, met.v)
                && !scene.blocked(probe, exit)) {
            add(sun.irradiance(), cos, view, hit, lx, ly, lz, out, at);
        }
    }

    /**
     * One bounce: looks in a direction drawn in proportion to its cosine and takes what is there to be lit like the
     * room on average, dimmer when it is close, since close surfaces shade each other. This is what darkens corners and
     * tints a white wall beside a red box.
     */
    private void reflected(Hit hit, double x, double y, double z, double s, double t, float[] out, int at) {
        double radius = Math.sqrt(s);
        double angle = 2 * Math.PI * t;
        double a = radius * Math.cos(angle);
        double b = radius * Math.sin(angle);
        double c = Math.sqrt(Math.max(1 - s, 1e-4));
        probe.set(x, y, z, a * hit.ux + b * hit.vx + c * hit.nx, a * hit.uy + b * hit.vy + c * hit.ny,
            a * hit.uz + b * hit.vz + c * hit.nz);
        scene.nearest(probe, met);
        double openness = Math.min(1, 0.25 + 0.75 * met.t / NEAR);
        Rgb mean = met.material.texture().mean();
        double e = scene.ambient() * openness;
        out[at] += (float) (e * mean.r());
        out[at + 1] += (float) (e * mean.g());
        out[at + 2] += (float) (e * mean.b());
    }

    /**
     * Adds light from direction l: its irradiance, and its highlight after Blinn (SIGGRAPH 1977), energy-normalised.
     */
    private static void add(Rgb colour, double e, Ray view, Hit hit, double lx, double ly, double lz, float[] out,
            int at) {
        out[at] += (float) (e * colour.r());
        out[at + 1] += (float) (e * colour.g());
        out[at + 2] += (float) (e * colour.b());
        if (hit.material.gloss() == 0) {
            return;
        }
        double length = Math.sqrt(view.dx * view.dx + view.dy * view.dy + view.dz * view.dz);
        double hx = lx - view.dx / length;
        double hy = ly - view.dy / length;
        double hz = lz - view.dz / length;
        double cos = (hx * hit.nx + hy * hit.ny + hz * hit.nz) / Math.sqrt(hx * hx + hy * hy + hz * hz);
        double n = hit.material.sharpness();
        double shine = hit.material.gloss() * (n + 8) / (8 * Math.PI) * Math.pow(Math.max(cos, 0), n) * e * 0.25;
        out[at + 3] += (float) (shine * colour.r());
        out[at + 4] += (float) (shine * colour.g());
        out[at + 5] += (float) (shine * colour.b());
    }
}
