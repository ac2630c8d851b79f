package dev.fathom.training.synth;

import java.util.ArrayList;
import java.util.List;

/**
 * Builds pieces of furniture from boxes, balls and cylinders, in the sizes that people make them: a table is 0.74 m
 * high and a seat 0.44 m, which is what lets a single picture tell metres.
 *
 * <p>A piece is built around its own origin, facing along +y, and placed by {@link Piece#at}.
 */
final class Furniture {

    private Furniture() {
    }

    /** A solid of a piece, before it is placed. */
    private sealed interface Part {
        record Block(double x, double y, double base, double sx, double sy, double sz, double yaw, Material side,
                     Material top) implements Part {
        }

        record Post(double x, double y, double base, double radius, double height, Material side, Material top)
                implements Part {
        }

        record Sphere(double x, double y, double z, double radius, Material material) implements Part {
        }
    }

    /**
     * A piece that is not placed yet.
     *
     * @param halfWidth  half its extent along x, metres
     * @param halfDepth  half its extent along y, metres
     * @param height     its height, metres
     * @param againstWall whether it belongs with its back (its -y side) to a wall
     */
    record Piece(double halfWidth, double halfDepth, double height, boolean againstWall, List<Part> parts) {

        /** The piece's solids with its origin at (x, y) on the floor, turned by {@code yaw}. */
        List<Solid> at(double x, double y, double yaw) {
            double cos = Math.cos(yaw);
            double sin = Math.sin(yaw);
            List<Solid> solids = new ArrayList<>();
            for (Part part : parts) {
                solids.add(switch (part) {
                    case Part.Block b -> Box.of(x + cos * b.x - sin * b.y, y + sin * b.x + cos * b.y, b.base,
                        b.sx, b.sy, b.sz, yaw + b.yaw, b.side, b.top);
                    case Part.Post p -> new Cylinder(x + cos * p.x - sin * p.y, y + sin * p.x + cos * p.y, p.base,
                        p.radius, p.height, p.side, p.top);
                    case Part.Sphere s -> new Ball(x + cos * s.x - sin * s.y, y + sin * s.x + cos * s.y, s.z, s.radius,
                        s.material);
                });
            }
            return solids;
        }
    }

    /** A random piece, large things being likelier than small ones. */
    static Piece any(SceneRandom random) {
        return switch (random.integer(0, 13)) {
            case 0, 1 -> cupboard(random);
            case 2, 3 -> table(random);
            case 4, 5 -> sofa(random);
            case 6 -> bed(random);
            case 7 -> chair(random);
            case 8 -> crates(random);
            case 9 -> ball(random);
            case 10 -> stool(random);
            case 11 -> plant(random);
            case 12 -> floorLamp(random);
            default -> shelf(random);
        };
    }

    static Piece cupboard(SceneRandom random) {
        double w = random.uniform(0.7, 1.7);
        double d = random.uniform(0.36, 0.58);
        double h = random.pick(List.of(0.82, 0.95, 1.4, 1.9, 2.05));
        Material body = random.chance(0.7) ? Palettes.timber(random) : Palettes.lacquer(random);
        Material knob = Palettes.lacquer(random);
        List<Part> parts = new ArrayList<>();
        parts.add(block(0, 0, 0.06, w, d, h - 0.06, body));
        parts.add(block(0, -0.02, 0, w - 0.06, d - 0.08, 0.06,
            Material.matt(new Textures.Plain(new Rgb(.05, .05, .05)))));
        for (int i = -1; i <= 1; i += 2) {
            // Two doors, a little proud of the body, so that the gap between them shows.
            parts.add(block(i * w / 4, d / 2 + 0.008, 0.09, w / 2 - 0.02, 0.016, h - 0.13, body));
            parts.add(new Part.Sphere(i * 0.05, d / 2 + 0.03, 0.1 + 0.55 * (h - 0.1), 0.018, knob));
        }
        if (h < 1.2) {
            clutter(random, w - 0.2, d - 0.15, h, parts);
        }
        return new Piece(w / 2, d / 2 + 0.03, h, true, parts);
    }

    static Piece shelf(SceneRandom random) {
        double w = random.uniform(0.6, 1.1);
        double d = 0.3;
        int boards = random.integer(3, 5);
        double step = 0.36;
        double h = boards * step;
        Material body = Palettes.timber(random);
        List<Part> parts = new ArrayList<>();
        parts.add(block(-w / 2 + 0.012, 0, 0, 0.024, d, h + 0.02, body));
        parts.add(block(w / 2 - 0.012, 0, 0, 0.024, d, h + 0.02, body));
        parts.add(block(0, -d / 2 + 0.006, 0, w - 0.05, 0.012, h, body));
        for (int i = 0; i <= boards; i++) {
            parts.add(block(0, 0.004, i * step, w - 0.048, d - 0.01, 0.022, body));
            if (i < boards) {
                books(random, w - 0.1, i * step + 0.022, parts);
            }
        }
        return new Piece(w / 2, d / 2, h, true, parts);
    }

    static Piece table(SceneRandom random) {
        boolean low = random.chance(0.35);
        double w = low ? random.uniform(0.8, 1.2) : random.uniform(1.0, 1.8);
        double d = low ? random.uniform(0.5, 0.7) : random.uniform(0.65, 0.95);
        double h = low ? 0.42 : 0.74;
        Material top = Palettes.timber(random);
        Material leg = random.chance(0.6) ? top : Palettes.lacquer(random);
        List<Part> parts = new ArrayList<>();
        parts.add(block(0, 0, h - 0.035, w, d, 0.035, top));
        for (int i = -1; i <= 1; i += 2) {
            for (int j = -1; j <= 1; j += 2) {
                parts.add(block(i * (w / 2 - 0.06), j * (d / 2 - 0.06), 0, 0.055, 0.055, h - 0.035, leg));
            }
        }
        clutter(random, w - 0.2, d - 0.2, h, parts);
        return new Piece(w / 2, d / 2, h, false, parts);
    }

    static Piece sofa(SceneRandom random) {
        double w = random.pick(List.of(0.95, 1.55, 2.05));
        double d = 0.88;
        Material cloth = Palettes.cloth(random);
        Material cushion = Palettes.cloth(random);
        List<Part> parts = new ArrayList<>();
        parts.add(block(0, 0, 0.08, w, d, 0.2, cloth));
        int seats = w < 1.2 ? 1 : w < 1.8 ? 2 : 3;
        double seat = (w - 0.36) / seats;
        for (int i = 0; i < seats; i++) {
            double x = (i - (seats - 1) / 2.0) * seat;
            parts.add(block(x, 0.1, 0.28, seat - 0.012, d - 0.22, 0.15, cloth));
        }
        parts.add(block(0, -d / 2 + 0.1, 0.28, w - 0.36, 0.2, 0.54, cloth));
        parts.add(block(-w / 2 + 0.09, 0, 0.28, 0.18, d, 0.32, cloth));
        parts.add(block(w / 2 - 0.09, 0, 0.28, 0.18, d, 0.32, cloth));
        if (random.chance(0.7)) {
            parts.add(new Part.Block(random.uniform(-0.3, 0.3) * w, -0.14, 0.43, 0.4, 0.14, 0.36,
                random.uniform(-0.3, 0.3), cushion, cushion));
        }
        return new Piece(w / 2, d / 2, 0.82, true, parts);
    }

    static Piece bed(SceneRandom random) {
        double w = random.pick(List.of(0.95, 1.45, 1.65));
        double d = 2.05;
        Material frame = Palettes.timber(random);
        Material sheet = Material.matt(new Textures.Weave(Palettes.quiet(random), 0.15, random.nextInt()));
        Material cover = Palettes.cloth(random);
        Material pillow = Material.matt(new Textures.Weave(Rgb.hex(0xF2EFE9), 0.12, random.nextInt()));
        List<Part> parts = new ArrayList<>();
        parts.add(block(0, 0, 0.1, w, d, 0.2, frame));
        parts.add(block(0, -d / 2 + 0.03, 0, w, 0.06, 0.95, frame));
        parts.add(block(0, 0.03, 0.3, w - 0.05, d - 0.1, 0.2, sheet));
        parts.add(block(0, 0.36, 0.31, w + 0.02, d - 0.74, 0.225, cover));
        int pillows = w > 1.2 ? 2 : 1;
        for (int i = 0; i < pillows; i++) {
            parts.add(block((i - (pillows - 1) / 2.0) * 0.7, -d / 2 + 0.3, 0.5, 0.6, 0.38, 0.11, pillow));
        }
        return new Piece(w / 2 + 0.02, d / 2, 0.95, true, parts);
    }

    static Piece chair(SceneRandom random) {
        Material wood = random.chance(0.6) ? Palettes.timber(random) : Palettes.lacquer(random);
        List<Part> parts = new ArrayList<>();
        parts.add(block(0, 0, 0.42, 0.43, 0.43, 0.035, wood));
        for (int i = -1; i <= 1; i += 2) {
            parts.add(block(i * 0.19, 0.19, 0, 0.035, 0.035, 0.42, wood));
            parts.add(block(i * 0.19, -0.19, 0, 0.035, 0.035, 0.88, wood));
        }
        parts.add(block(0, -0.19, 0.68, 0.35, 0.025, 0.18, wood));
        return new Piece(0.22, 0.22, 0.88, false, parts);
    }

    static Piece crates(SceneRandom random) {
        List<Part> parts = new ArrayList<>();
        double size = random.uniform(0.35, 0.75);
        double depth = random.uniform(0.35, 0.6);
        double h = random.uniform(0.3, 0.7);
        parts.add(block(0, 0, 0, size, depth, h, Palettes.anything(random)));
        double top = h;
        if (random.chance(0.6)) {
            double s = 0.65 * Math.min(size, depth);
            double second = random.uniform(0.18, 0.4);
            Material m = Palettes.anything(random);
            parts.add(new Part.Block(0, 0, h, s, s, second, random.uniform(-0.7, 0.7), m, m));
            top += second;
        }
        return new Piece(size / 2, depth / 2, top, false, parts);
    }

    static Piece ball(SceneRandom random) {
        double r = random.uniform(0.11, 0.36);
        Material m = random.chance(0.6) ? Palettes.lacquer(random) : Palettes.anything(random);
        return new Piece(r, r, 2 * r, false, List.of(new Part.Sphere(0, 0, r, r, m)));
    }

    static Piece stool(SceneRandom random) {
        Material m = Palettes.lacquer(random);
        Material seat = Palettes.timber(random);
        return new Piece(0.19, 0.19, 0.46, false, List.of(
            new Part.Post(0, 0, 0, 0.15, 0.42, m, m), new Part.Post(0, 0, 0.42, 0.18, 0.04, seat, seat)));
    }

    static Piece plant(SceneRandom random) {
        Material pot = Palettes.lacquer(random);
        Material earth = Material.matt(new Textures.Plain(Rgb.hex(0x3B2A1E)));
        Material trunk = Material.matt(new Textures.Plain(Rgb.hex(0x6B4A2F)));
        double h = random.uniform(0.7, 1.25);
        List<Part> parts = new ArrayList<>();
        parts.add(new Part.Post(0, 0, 0, 0.17, 0.32, pot, earth));
        parts.add(new Part.Post(0, 0, 0.32, 0.018, h - 0.45, trunk, trunk));
        for (int i = 0; i < 9; i++) {
            double angle = 2.4 * i;
            double out = 0.07 + 0.02 * i * random.uniform(0.5, 1);
            Rgb green = Rgb.hex(0x4F7F3A).mix(Rgb.hex(0x86A84E), random.nextDouble());
            parts.add(new Part.Sphere(out * Math.cos(angle), out * Math.sin(angle), h - 0.05 * i
                + random.uniform(0, 0.1),
                random.uniform(0.075, 0.13), Material.matt(new Textures.Plaster(green, 0.5, random.nextInt()))));
        }
        return new Piece(0.3, 0.3, h + 0.15, false, parts);
    }

    static Piece floorLamp(SceneRandom random) {
        Material metal = Material.glossy(new Textures.Plain(Rgb.hex(0x55524E)));
        Material shade = Material.matt(new Textures.Weave(Palettes.quiet(random), 0.1, random.nextInt()));
        return new Piece(0.2, 0.2, 1.6, false, List.of(new Part.Post(0, 0, 0, 0.14, 0.03, metal, metal),
            new Part.Post(0, 0, 0.03, 0.012, 1.3, metal, metal), new Part.Post(0, 0, 1.3, 0.19, 0.3, shade, shade)));
    }

    /** Small things on a top of the given size at height {@code h}: a vase, a ball, a pile of books. */
    private static void clutter(SceneRandom random, double w, double d, double h, List<Part> parts) {
        int count = random.integer(0, 3);
        for (int i = 0; i < count; i++) {
            double x = w * ((i + 0.5) / count - 0.5);
            double y = d * random.uniform(-0.3, 0.3);
            switch (random.integer(0, 2)) {
                case 0 -> {
                    double r = random.uniform(0.05, 0.09);
                    Material m = Palettes.lacquer(random);
                    parts.add(new Part.Post(x, y, h, r, random.uniform(0.12, 0.34), m, m));
                }
                case 1 -> {
                    double r = random.uniform(0.05, 0.1);
                    parts.add(new Part.Sphere(x, y, h + r, r, Palettes.lacquer(random)));
                }
                default -> {
                    double z = h;
                    for (int k = 0; k < 3; k++) {
                        Material m = Palettes.lacquer(random);
                        double thick = random.uniform(0.02, 0.045);
                        parts.add(new Part.Block(x, y, z, random.uniform(0.2, 0.27), random.uniform(0.15, 0.19), thick,
                            random.uniform(-0.3, 0.3), m, m));
                        z += thick;
                    }
                }
            }
        }
    }

    /** A row of books standing on a board. */
    private static void books(SceneRandom random, double w, double z, List<Part> parts) {
        double x = -w / 2;
        int count = random.integer(2, 5);
        for (int i = 0; i < count && x < w / 2 - 0.12; i++) {
            double thick = random.uniform(0.05, 0.13);
            Material m = Palettes.anything(random);
            parts.add(block(x + thick / 2, -0.02, z, thick - 0.004, 0.2, random.uniform(0.2, 0.29), m));
            x += thick;
        }
    }

    private static Part block(double x, double y, double base, double sx, double sy, double sz, Material m) {
        return new Part.Block(x, y, base, sx, sy, sz, 0, m, m);
    }
}
