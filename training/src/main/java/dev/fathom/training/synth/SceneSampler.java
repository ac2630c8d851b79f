package dev.fathom.training.synth;

import java.util.ArrayList;
import java.util.List;

/**
 * Invents rooms: {@code scene(seed, index)} is a pure function.
 *
 * <p>Sizes stay within what houses have (a ceiling at 2.45 to 2.75 m, doors of 2.04 m, an eye 1.2 to 1.7 m above the
 * floor), so that metres can be learnt from single pictures; every depth lies in {@value #NEAREST} ..
 * {@value #FARTHEST} m.
 */
public final class SceneSampler {
    /** Least planar depth of any pixel, metres. */
    public static final double NEAREST = 0.5;
    /** Greatest planar depth of any pixel, metres. */
    public static final double FARTHEST = 10;
    private static final int ATTEMPTS = 60;

    private final SceneRandom random;
    private final double width;
    private final double length;
    private final double height;
    private final WallPlan[] walls;
    private final Floor floor;
    private final List<List<Solid>> groups = new ArrayList<>();
    private final List<Light> lights = new ArrayList<>();
    private Vec3 eye;

    private SceneSampler(SceneRandom random) {
        this.random = random;
        width = random.uniform(3.0, 6.0);
        length = random.uniform(3.4, 8.4);
        height = random.uniform(2.45, 2.75);
        walls = new WallPlan[] {new WallPlan(length), new WallPlan(length), new WallPlan(width), new WallPlan(width)};
        floor = new Floor(width, length);
    }

    /** Scene number {@code index} of the data set with this seed. */
    public static Scene scene(long seed, int index) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Scene scene = new SceneSampler(new SceneRandom(seed, index, attempt)).build();
            if (worthAPicture(scene)) {
                return scene;
            }
        }
        throw new IllegalStateException("SceneSampler: no usable view in " + ATTEMPTS + " attempts for seed " + seed
            + ", index " + index + "; this should not happen, please report the two numbers.");
    }

    private Scene build() {
        Camera camera = camera();
        Room room = room();
        furnish();
        return new Scene(room, groups, lights, camera, sensor());
    }

    /** Someone with a camera near a wall or a corner, looking across the room. */
    private Camera camera() {
        double margin = 0.55;
        double x = random.uniform(margin, Math.max(margin + 0.1, 0.35 * width));
        double y = random.uniform(margin, Math.max(margin + 0.1, 0.3 * length));
        x = random.chance(0.5) ? x : width - x;
        y = random.chance(0.5) ? y : length - y;
        eye = new Vec3(x, y, random.uniform(1.2, 1.7));
        double tx = (x < width / 2 ? 1 : -1) * random.uniform(0, 0.9) * width / 2 + width / 2;
        double ty = (y < length / 2 ? 1 : -1) * random.uniform(0.2, 0.9) * length / 2 + length / 2;
        double yaw = Math.atan2(ty - y, tx - x);
        double pitch = Math.toRadians(random.uniform(-17, 1));
        double roll = Math.toRadians(random.uniform(-1.5, 1.5));
        return Camera.of(eye, yaw, pitch, roll, random.uniform(0.70, 0.92));
    }

    private Room room() {
        Rgb paint = Palettes.wallColour(random);
        int feature = random.chance(0.6) ? random.integer(0, 3) : -1;
        boolean whiteTrim = random.chance(0.75);
        Rgb trim = whiteTrim ? Rgb.hex(0xF1EFEA) : Palettes.wood(random);
        openings(trim);
        decorate();
        Material skirting = Material.satin(new Textures.Plain(trim));
        List<Room.Surface> faces = new ArrayList<>();
        faces.add(new Room.Surface(Palettes.floor(random), rug(), 0, skirting));
        faces.add(new Room.Surface(Material.matt(new Textures.Plaster(Rgb.hex(0xF3F1EC), 0.03, random.nextInt())),
            lamps(), 0, skirting));
        for (int w = 0; w < 4; w++) {
            faces.add(new Room.Surface(Palettes.wall(random, paint, w == feature), walls[w].panels, 0.09, skirting));
        }
        return new Room(width, length, height, faces);
    }

    /** One or two doors, and windows with the sky behind them, sometimes the sun. */
    private void openings(Rgb trim) {
        Rgb leaf = random.chance(0.6) ? Rgb.hex(0xECE8E0) : Palettes.wood(random);
        int doors = random.integer(1, 2);
        for (int i = 0; i < doors; i++) {
            WallPlan wall = walls[random.integer(0, 3)];
            double u = wall.place(random, 0.96, 0, 2.04, 0.15);
            if (!Double.isNaN(u)) {
                wall.add(new Room.Panel(u, 0, 0.96, 2.04, Material.satin(new WallPieces.Door(0.96, 2.04, leaf, trim))),
                    true);
            }
        }
        int sunny = random.chance(0.45) ? random.integer(0, 3) : -1;
        double opening = 0;
        for (int w = 0; w < 4; w++) {
            if (w == sunny || random.chance(0.3)) {
                opening += window(w, w == sunny, trim);
            }
        }
        if (sunny >= 0 && opening > 0) {
            double elevation = Math.toRadians(random.uniform(22, 50));
            double azimuth = outward(sunny) + Math.toRadians(random.uniform(-45, 45));
            Vec3 sun = new Vec3(Math.cos(azimuth) * Math.cos(elevation), Math.sin(azimuth) * Math.cos(elevation),
                Math.sin(elevation));
            lights.add(new Light.Sun(sun, new Rgb(1.0, 0.86, 0.66).times(random.uniform(16, 30)), opening * 0.5));
        }
    }

    /** Lets a window into wall {@code w} and returns its area (0 if there is no room for it). */
    private double window(int w, boolean sunny, Rgb trim) {
        double wide = random.uniform(0.9, 1.9);
        double sill = random.pick(List.of(0.1, 0.85, 0.95));
        double tall = Math.min(height - 0.3, 2.25) - sill;
        double u = walls[w].place(random, wide, sill, sill + tall, 0.25);
        if (Double.isNaN(u)) {
            return 0;
        }
        Rgb sky = new Rgb(0.80, 0.90, 1.0);
        double radiance = sunny ? random.uniform(7, 11) : random.uniform(4, 8);
        int bars = wide > 1.4 ? 3 : 2;
        walls[w].add(new Room.Panel(u, sill, wide, tall,
            Material.matt(new WallPieces.Window(wide, tall, bars, trim, sky, radiance))), sill < 0.5);
        Vec3 normal = new Vec3(-Math.cos(outward(w)), -Math.sin(outward(w)), 0);
        Vec3 along = w < 2 ? new Vec3(0, 1, 0) : new Vec3(1, 0, 0);
        Vec3 corner = switch (w) {
            case 0 -> new Vec3(0.01, 0, 0);
            case 1 -> new Vec3(width - 0.01, 0, 0);
            case 2 -> new Vec3(0, 0.01, 0);
            default -> new Vec3(0, length - 0.01, 0);
        };
        Vec3 middle = corner.plus(along.times(u + wide / 2)).plus(Vec3.UP.times(sill + tall / 2));
        lights.add(new Light.Area(middle, along.times(wide * 0.45), Vec3.UP.times(tall * 0.45), normal,
            sky.times(radiance)));
        return wide * tall;
    }

    /** Heading out of the room through wall {@code w} (west, east, south, north). */
    private static double outward(int w) {
        return switch (w) {
            case 0 -> Math.PI;
            case 1 -> 0;
            case 2 -> -Math.PI / 2;
            default -> Math.PI / 2;
        };
    }

    private void decorate() {
        int count = random.integer(1, 5);
        for (int i = 0; i < count; i++) {
            WallPlan wall = walls[random.integer(0, 3)];
            double w = random.uniform(0.3, 1.1);
            double h = w * random.pick(List.of(0.7, 0.75, 1.0, 1.35));
            double v = 1.55 - h / 2;
            double u = wall.place(random, w, v, v + h, 0.2);
            if (!Double.isNaN(u) && wall.panels.size() < Room.MAX_PANELS) {
                Rgb frame = random.chance(0.5) ? Rgb.hex(0x2C2A28) : Palettes.wood(random);
                wall.add(new Room.Panel(u, v, w, h, Material.matt(new WallPieces.Painting(w, h, frame,
                    Palettes.bold(random), Palettes.quiet(random), Palettes.bold(random), random.nextInt()))), false);
            }
        }
    }

    /** Flat lamps in the ceiling; the only light when there is no window, and then always on. */
    private List<Room.Panel> lamps() {
        List<Room.Panel> panels = new ArrayList<>();
        boolean on = lights.isEmpty() || random.chance(0.6);
        Rgb tint = random.chance(0.6) ? new Rgb(1.0, 0.86, 0.68) : new Rgb(1.0, 0.97, 0.92);
        int count = length > 5 && random.chance(0.6) ? 2 : 1;
        double w = random.pick(List.of(0.6, 0.45, 1.2));
        double l = w > 1 ? 0.3 : w;
        for (int i = 0; i < count; i++) {
            double x = width / 2 + random.uniform(-0.15, 0.15) * width;
            double y = length * (i + 0.5) / count;
            double radiance = on ? random.uniform(14, 24) * 0.36 / (w * l) / Math.sqrt(count) : 0;
            panels.add(new Room.Panel(x - w / 2, y - l / 2, w, l,
                Material.matt(new WallPieces.LampPane(w, l, tint, radiance))));
            if (on) {
                lights.add(new Light.Area(new Vec3(x, y, height - 0.01), new Vec3(w / 2, 0, 0), new Vec3(0, l / 2, 0),
                    new Vec3(0, 0, -1), tint.times(radiance)));
            }
        }
        return panels;
    }

    private List<Room.Panel> rug() {
        if (random.chance(0.45)) {
            return List.of();
        }
        double w = random.uniform(0.35, 0.6) * width;
        double l = random.uniform(0.3, 0.5) * length;
        double x = (width - w) * random.uniform(0.35, 0.65);
        double y = (length - l) * random.uniform(0.35, 0.65);
        return List.of(new Room.Panel(x, y, w, l, Material.matt(new WallPieces.Rug(w, l, Palettes.quiet(random),
            Palettes.bold(random), random.uniform(0.12, 0.3), random.nextInt()))));
    }

    private void furnish() {
        int wanted = random.integer(5, 9);
        for (int i = 0; i < 4 * wanted && groups.size() < wanted; i++) {
            Furniture.Piece piece = Furniture.any(random);
            if (piece.againstWall()) {
                standAtWall(piece);
            } else {
                standFree(piece);
            }
        }
    }

    private void standAtWall(Furniture.Piece piece) {
        int w = random.integer(0, 3);
        double from = walls[w].place(random, 2 * piece.halfWidth(), 0, piece.height(), 0.03);
        if (Double.isNaN(from)) {
            return;
        }
        double along = from + piece.halfWidth();
        double out = piece.halfDepth() + 0.02;
        double x = w == 0 ? out : w == 1 ? width - out : along;
        double y = w == 2 ? out : w == 3 ? length - out : along;
        // The piece faces +y; turned so that it faces away from the wall.
        double yaw = outward(w) + Math.PI / 2;
        if (stand(piece, x, y, yaw)) {
            walls[w].take(from, from + 2 * piece.halfWidth(), 0, piece.height());
        }
    }

    private void standFree(Furniture.Piece piece) {
        double reach = Math.hypot(piece.halfWidth(), piece.halfDepth());
        double x = random.uniform(reach, width - reach);
        double y = random.uniform(reach, length - reach);
        double yaw = random.chance(0.4) ? random.integer(0, 3) * Math.PI / 2 : random.uniform(0, 2 * Math.PI);
        stand(piece, x, y, yaw);
    }

    private boolean stand(Furniture.Piece piece, double x, double y, double yaw) {
        Floor.Footprint footprint = new Floor.Footprint(x, y, piece.halfWidth(), piece.halfDepth(), yaw);
        // Tall things keep farther from the camera, low ones may stand in front of it.
        double clearance = piece.height() > eye.z() - 0.5 ? 1.3 : 0.9;
        if (!floor.free(footprint) || footprint.distance(eye.x(), eye.y()) < clearance) {
            return false;
        }
        floor.stand(footprint);
        groups.add(piece.at(x, y, yaw));
        return true;
    }

    private SensorSettings sensor() {
        Rgb balance = new Rgb(random.uniform(0.9, 1.04), 1, random.uniform(0.97, 1.15));
        return new SensorSettings(random.uniform(0.8, 1.25), balance, random.uniform(0.008, 0.022),
            random.uniform(0.001, 0.004), random.uniform(0.05, 0.3), random.nextInt());
    }

    /** Whether all depths are within bounds and the view is not just a wall: judged by a coarse grid of rays. */
    private static boolean worthAPicture(Scene scene) {
        int w = 24;
        int h = 18;
        Ray ray = new Ray();
        Hit hit = new Hit();
        double sum = 0;
        double least = Double.POSITIVE_INFINITY;
        double greatest = 0;
        for (int y = 0; y <= h; y++) {
            for (int x = 0; x <= w; x++) {
                scene.camera().ray(x, y, w, h, ray);
                scene.nearest(ray, hit);
                sum += hit.t;
                least = Math.min(least, hit.t);
                greatest = Math.max(greatest, hit.t);
            }
        }
        double mean = sum / ((w + 1) * (h + 1));
        return least > NEAREST * 1.2 && greatest < FARTHEST * 0.98 && mean > 1.6 && greatest > 1.8 * least;
    }
}
