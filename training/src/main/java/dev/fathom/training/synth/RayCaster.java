package dev.fathom.training.synth;

import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.models.image.Picture;

/**
 * Takes the picture of a {@link Scene} and measures its depth.
 *
 * <p>Four passes over the rows, each parallel: <ol>
 * <li><b>cast</b>: one ray through each pixel's centre gives depth, surface colour and one sample of the light
 * there;</li>
 * <li><b>smooth</b>: light is averaged over 4 x 4 pixels of the same surface (colour is not, so textures stay
 * sharp);</li>
 * <li><b>develop</b>: surface colour times light;</li>
 * <li><b>refine</b>: pixels on the outline of something are replaced by the mean of four points inside them.</li></ol>
 * {@link Sensor} makes 8-bit numbers of the result. The depth stays that of the pixel's centre, exact to float
 * rounding.
 *
 * <p>The result depends on the scene and the size alone, not on the number of threads.
 */
public final class RayCaster {
    /** Where the four points lie inside a pixel: a rotated grid, no two on one row or column. */
    private static final double[][] POINTS = {{0.375, 0.125}, {0.875, 0.375}, {0.125, 0.625}, {0.625, 0.875}};
    private static final int L = Lighting.CHANNELS;

    private final Scene scene;
    private final int width;
    private final int height;
    private final float[] depth;
    private final float[] cosine;
    private final int[] ids;
    private final float[] albedo;
    private final float[] glow;
    private final float[] rawLight;
    private final float[] light;
    private final float[] radiance;

    private RayCaster(Scene scene, int width, int height) {
        int n = width * height;
        this.scene = scene;
        this.width = width;
        this.height = height;
        depth = new float[n];
        cosine = new float[n];
        ids = new int[n];
        albedo = new float[3 * n];
        glow = new float[n];
        rawLight = new float[L * n];
        light = new float[L * n];
        radiance = new float[3 * n];
    }

    /** The picture of {@code scene} with {@code width} x {@code height} pixels, without holes in its depth. */
    public static Frame render(Scene scene, int width, int height) {
        return render(scene, width, height, HoleSettings.NONE);
    }

    /** The picture of {@code scene}, its depth with the holes that a structured-light sensor would leave. */
    public static Frame render(Scene scene, int width, int height, HoleSettings holes) {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("RayCaster: the picture's size is " + width + " x " + height
                + ", but it needs at least one pixel.");
        }
        return new RayCaster(scene, width, height).run(holes);
    }

    private Frame run(HoleSettings holes) {
        WorkPool pool = WorkPool.shared();
        pool.run(height, this::cast);
        pool.run(height, this::smooth);
        pool.run(height, this::develop);
        Sensor sensor = new Sensor(scene.sensor(), width, height, radiance);
        pool.run(height, y -> refine(y, sensor.white()));
        byte[] rgb = sensor.expose(radiance);
        holes.punch(scene, width, height, depth, cosine, radiance, glow);
        return new Frame(new Picture(width, height, rgb), depth);
    }

    private void cast(int y) {
        Lighting lighting = new Lighting(scene);
        Ray ray = new Ray();
        Hit hit = new Hit();
        Swatch swatch = new Swatch();
        for (int x = 0; x < width; x++) {
            int p = y * width + x;
            scene.camera().ray(x + 0.5, y + 0.5, width, height, ray);
            scene.nearest(ray, hit);
            colour(ray, hit, 1, swatch);
            depth[p] = (float) hit.t;
            cosine[p] = (float) (-facing(ray, hit));
            ids[p] = hit.id;
            albedo[3 * p] = (float) swatch.r;
            albedo[3 * p + 1] = (float) swatch.g;
            albedo[3 * p + 2] = (float) swatch.b;
            glow[p] = (float) swatch.glow;
            lighting.gather(ray, hit, x, y, rawLight, L * p);
        }
    }

    /** Cosine between the ray and the surface's normal; negative, since the two point against each other. */
    private static double facing(Ray ray, Hit hit) {
        double length = Math.sqrt(ray.dx * ray.dx + ray.dy * ray.dy + ray.dz * ray.dz);
        return (ray.dx * hit.nx + ray.dy * hit.ny + ray.dz * hit.nz) / length;
    }

    /**
     * The surface's colour, averaged over the pixel. The pixel's footprint follows from the planes: moving one pixel
     * right changes the ray's direction by right / focal, and the point where it meets the surface's plane moves so
     * that it stays in that plane (ray differentials: Igehy, SIGGRAPH 1999).
     *
     * @param pixels size of the area to average over, in pixels
     */
    private void colour(Ray ray, Hit hit, double pixels, Swatch out) {
        Camera camera = scene.camera();
        double step = pixels * hit.t / (camera.focal() * width);
        double along = ray.dx * hit.nx + ray.dy * hit.ny + ray.dz * hit.nz;
        double limited = Math.abs(along) < 0.02 ? Math.copySign(0.02, along) : along;
        double fu = 0;
        double fv = 0;
        for (int axis = 0; axis < 2; axis++) {
            double[] move = axis == 0 ? camera.right() : camera.down();
            double slip = (move[0] * hit.nx + move[1] * hit.ny + move[2] * hit.nz) / limited;
            double mx = move[0] - slip * ray.dx;
            double my = move[1] - slip * ray.dy;
            double mz = move[2] - slip * ray.dz;
            fu += Math.abs(mx * hit.ux + my * hit.uy + mz * hit.uz);
            fv += Math.abs(mx * hit.vx + my * hit.vy + mz * hit.vz);
        }
        hit.material.texture().colour(hit.u, hit.v, fu * step, fv * step, out);
    }

    /** Averages the light of the 4 x 4 window around each pixel, over those pixels that show the same surface. */
    private void smooth(int y) {
        LightFilter filter = new LightFilter(scene, width, height, ids, rawLight);
        for (int x = 0; x < width; x++) {
            filter.average(x, y, light, L * (y * width + x));
        }
    }

    private void develop(int y) {
        for (int p = y * width; p < (y + 1) * width; p++) {
            for (int c = 0; c < 3; c++) {
                radiance[3 * p + c] = shade(albedo[3 * p + c], glow[p], light, L * p, c);
            }
        }
    }

    /** What a surface sends to the camera: reflected light, its highlight, and its own glow. */
    private static float shade(double albedo, double glow, float[] light, int at, int channel) {
        return (float) (albedo * light[at + channel] / Math.PI + light[at + 3 + channel] + albedo * glow);
    }

    /** Points brighter than {@code white} count as white: the outline of a window would be jagged otherwise. */
    private void refine(int y, double white) {
        Lighting lighting = new Lighting(scene);
        Ray ray = new Ray();
        Hit hit = new Hit();
        Swatch swatch = new Swatch();
        float[] here = new float[L];
        for (int x = 0; x < width; x++) {
            if (!outline(x, y)) {
                continue;
            }
            double r = 0;
            double g = 0;
            double b = 0;
            for (int i = 0; i < POINTS.length; i++) {
                scene.camera().ray(x + POINTS[i][0], y + POINTS[i][1], width, height, ray);
                scene.nearest(ray, hit);
                colour(ray, hit, 0.5, swatch);
                if (!lightNearby(x, y, hit.id, here)) {
                    lighting.gather(ray, hit, 2 * x + (i & 1), 2 * y + (i >> 1), here, 0);
                }
                r += Math.min(white, shade(swatch.r, swatch.glow, here, 0, 0));
                g += Math.min(white, shade(swatch.g, swatch.glow, here, 0, 1));
                b += Math.min(white, shade(swatch.b, swatch.glow, here, 0, 2));
            }
            int p = y * width + x;
            radiance[3 * p] = (float) (r / POINTS.length);
            radiance[3 * p + 1] = (float) (g / POINTS.length);
            radiance[3 * p + 2] = (float) (b / POINTS.length);
        }
    }

    private boolean outline(int x, int y) {
        int id = ids[y * width + x];
        return x > 0 && ids[y * width + x - 1] != id || x < width - 1 && ids[y * width + x + 1] != id
            || y > 0 && ids[(y - 1) * width + x] != id || y < height - 1 && ids[(y + 1) * width + x] != id;
    }

    /** The smoothed light of a pixel nearby that shows the same surface; false if there is none. */
    private boolean lightNearby(int x, int y, int id, float[] out) {
        for (int ring = 0; ring < 9; ring++) {
            // The pixel itself first, then its eight neighbours.
            int k = ring == 0 ? 4 : ring <= 4 ? ring - 1 : ring;
            int u = x + k % 3 - 1;
            int v = y + k / 3 - 1;
            if (u >= 0 && u < width && v >= 0 && v < height && ids[v * width + u] == id) {
                System.arraycopy(light, L * (v * width + u), out, 0, L);
                return true;
            }
        }
        return false;
    }
}
