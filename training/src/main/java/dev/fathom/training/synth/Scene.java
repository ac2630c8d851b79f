package dev.fathom.training.synth;

import java.util.Arrays;
import java.util.List;

/**
 * A furnished room, its lights and the camera in it: everything that a picture and its depth are computed from.
 * Immutable; made by {@link SceneSampler}.
 */
public final class Scene {
    /** Surfaces nearer than this to a ray's start are taken for the one it starts on, in units of the direction. */
    static final double TOUCHING = 1e-4;

    private final Room room;
    /** The solids, group by group: a group is a piece of furniture, skipped as a whole by most rays. */
    private final Solid[][] groups;
    private final Solid.Bound[] bounds;
    private final List<Light> lights;
    private final Camera camera;
    private final SensorSettings sensor;
    private final double ambient;

    /**
     * A scene of one's own.
     *
     * @param groups solids that stand together, each group skipped as a whole by rays that pass it by
     */
    public Scene(Room room, List<List<Solid>> groups, List<Light> lights, Camera camera, SensorSettings sensor) {
        this.room = room;
        this.groups = groups.stream().map(g -> g.toArray(Solid[]::new)).toArray(Solid[][]::new);
        this.bounds = groups.stream().map(Scene::around).toArray(Solid.Bound[]::new);
        this.lights = List.copyOf(lights);
        this.camera = camera;
        this.sensor = sensor;
        this.ambient = meanIrradiance();
    }

    /** The camera that looks at the room. */
    public Camera camera() {
        return camera;
    }

    /** Number of solids in the room. */
    public int solids() {
        return Arrays.stream(groups).mapToInt(g -> g.length).sum();
    }

    List<Light> lights() {
        return lights;
    }

    SensorSettings sensor() {
        return sensor;
    }

    Room room() {
        return room;
    }

    /** Mean irradiance of the room's surfaces after all reflections. */
    double ambient() {
        return ambient;
    }

    /** Finds and describes what the ray meets first. */
    void nearest(Ray ray, Hit hit) {
        double best = room.distance(ray, TOUCHING);
        Solid solid = room;
        int number = 0;
        int first = 1;
        for (int g = 0; g < groups.length; g++) {
            Solid[] group = groups[g];
            if (bounds[g].touches(ray)) {
                for (int i = 0; i < group.length; i++) {
                    double t = group[i].distance(ray, TOUCHING);
                    if (t < best) {
                        best = t;
                        solid = group[i];
                        number = first + i;
                    }
                }
            }
            first += group.length;
        }
        hit.t = best;
        solid.describe(ray, best, hit);
        hit.id = number << 6 | hit.face;
    }

    /** Whether anything stands in the ray's way before distance {@code tMax}. The room's own walls never do. */
    boolean blocked(Ray ray, double tMax) {
        for (int g = 0; g < groups.length; g++) {
            if (bounds[g].touches(ray)) {
                for (Solid solid : groups[g]) {
                    if (solid.distance(ray, TOUCHING) < tMax) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** A sphere around a group: around the middle of its solids' spheres, wide enough for all of them. */
    private static Solid.Bound around(List<Solid> group) {
        double x = 0;
        double y = 0;
        double z = 0;
        for (Solid solid : group) {
            x += solid.bound().x() / group.size();
            y += solid.bound().y() / group.size();
            z += solid.bound().z() / group.size();
        }
        double radius = 0;
        for (Solid solid : group) {
            Solid.Bound b = solid.bound();
            radius = Math.max(radius, b.radius() + new Vec3(b.x() - x, b.y() - y, b.z() - z).length());
        }
        return new Solid.Bound(x, y, z, radius);
    }

    /**
     * The room as an integrating sphere: with flux F, surface S and mean reflectance rho, the light that is reflected
     * 0, 1, 2 ... times adds up to F / (S (1 - rho)) on average.
     */
    private double meanIrradiance() {
        double flux = 0;
        for (Light light : lights) {
            flux += light.flux();
        }
        double[] areas = {room.width() * room.length(), room.width() * room.length(), room.length() * room.height(),
            room.length() * room.height(), room.width() * room.height(), room.width() * room.height()};
        double reflected = 0;
        for (int i = 0; i < areas.length; i++) {
            reflected += areas[i] * room.faces().get(i).material().texture().mean().mean();
        }
        double rho = Math.min(reflected / room.area(), 0.8);
        return flux / (room.area() * (1 - rho));
    }
}
