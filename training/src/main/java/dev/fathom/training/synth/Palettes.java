package dev.fathom.training.synth;

import java.util.List;

/**
 * Colours that go together, and the materials made of them. Walls are pale, floors are of the colours of wood, stone
 * and carpet, furniture may be bold: bright rooms with a few strong things in them.
 */
final class Palettes {
    private static final List<Rgb> WALLS = colours(0xEFE9DC, 0xE6E2D8, 0xDCE3E1, 0xE8DCCB, 0xD7DFE6, 0xE9E4EC, 0xDDE4D3,
        0xF0DFD3, 0xC9D3CE, 0xE4D3B4, 0xB9C7CF, 0xD8BFA8);
    private static final List<Rgb> WOODS = colours(0xB98A5A, 0x9A6B3F, 0xC9A06B, 0x7B5233, 0xD2B48C, 0xA9825E,
        0x8A6A50);
    private static final List<Rgb> STONES = colours(0xD8D4CB, 0xB8B2A7, 0xC4A78C, 0x9EA5A8, 0xE3DDD0, 0x8C8F91);
    private static final List<Rgb> CARPETS = colours(0x8A8F96, 0x9C8B78, 0x6F7F86, 0xA59A8A, 0x7C8570, 0x8B6F6A);
    private static final List<Rgb> BOLD = colours(0xC8553D, 0x2F6690, 0xE0A030, 0x3A7D44, 0x7A4E7E, 0x2A9D8F, 0xB23A48,
        0x406E8E, 0xD98E73, 0x50514F, 0x6A994E, 0xBC6C25);
    private static final List<Rgb> QUIET = colours(0xF2EFE9, 0xDAD4C8, 0x8D99AE, 0xA3B18A, 0xC9ADA7, 0x6D7278, 0xE5D9C3,
        0x4A5759);

    private Palettes() {
    }

    static Rgb wood(SceneRandom random) {
        return random.pick(WOODS).times(random.uniform(0.85, 1.1));
    }

    static Rgb bold(SceneRandom random) {
        return random.pick(BOLD);
    }

    static Rgb quiet(SceneRandom random) {
        return random.pick(QUIET);
    }

    /** Wood as furniture has it. */
    static Material timber(SceneRandom random) {
        Texture grain = new Textures.Grain(wood(random), 0.35, random.nextInt());
        return random.chance(0.5) ? Material.satin(grain) : Material.matt(grain);
    }

    /** Cloth for sofas, beds and cushions. */
    static Material cloth(SceneRandom random) {
        Rgb colour = random.chance(0.5) ? bold(random) : quiet(random);
        return Material.matt(new Textures.Weave(colour, 0.28, random.nextInt()));
    }

    /** Lacquer, plastic or glazed clay. */
    static Material lacquer(SceneRandom random) {
        Rgb colour = random.chance(0.6) ? bold(random) : quiet(random);
        return Material.glossy(new Textures.Plain(colour));
    }

    /** What a crate or a block may be made of: wood, lacquer, cloth, checks or stripes. */
    static Material anything(SceneRandom random) {
        return switch (random.integer(0, 5)) {
            case 0, 1 -> timber(random);
            case 2 -> lacquer(random);
            case 3 -> cloth(random);
            case 4 -> Material.matt(new Textures.Checker(quiet(random), bold(random), random.uniform(0.06, 0.14)));
            default -> Material.matt(new Textures.Stripes(quiet(random), bold(random), 0.16, 0.06));
        };
    }

    /** A floor: boards, square tiles, a chequered floor, or carpet. */
    static Material floor(SceneRandom random) {
        int seed = random.nextInt();
        return switch (random.integer(0, 6)) {
            case 0, 1, 2 -> Material.satin(new Textures.Planks(wood(random), random.uniform(0.11, 0.2),
                random.uniform(0.9, 1.5), random.uniform(0.15, 0.3), seed));
            case 3, 4 -> {
                double size = random.pick(List.of(0.2, 0.3, 0.4, 0.45));
                Rgb stone = random.pick(STONES);
                yield Material.satin(new Textures.Tiles(stone, stone.times(random.chance(0.5) ? 0.45 : 1.25), size,
                    size,
                    0.008, 0, random.uniform(0.06, 0.16), seed));
            }
            case 5 -> {
                Rgb dark = random.chance(0.5) ? Rgb.hex(0x4A4A4A) : bold(random).times(0.6);
                yield Material.satin(new Textures.Checker(Rgb.hex(0xE4E0D6), dark, random.pick(List.of(0.3, 0.4))));
            }
            default -> Material.matt(new Textures.Weave(random.pick(CARPETS), 0.25, seed));
        };
    }

    static Rgb wallColour(SceneRandom random) {
        return random.pick(WALLS);
    }

    /** Painted plaster, striped wallpaper, or bare brick. */
    static Material wall(SceneRandom random, Rgb colour, boolean feature) {
        int seed = random.nextInt();
        if (feature && random.chance(0.4)) {
            Rgb brick = random.chance(0.6) ? Rgb.hex(0xA5644B) : Rgb.hex(0xD9D3C7);
            return Material.matt(new Textures.Tiles(brick, Rgb.hex(0xC9C2B6).times(0.8), 0.25, 0.0775, 0.011, 0.5, 0.22,
                seed));
        }
        if (feature && random.chance(0.6)) {
            Rgb tint = colour.mix(bold(random), random.uniform(0.25, 0.6));
            return Material.matt(new Textures.Stripes(colour, tint, random.uniform(0.18, 0.4),
                random.uniform(0.05, 0.12)));
        }
        Rgb paint = feature ? colour.mix(bold(random), random.uniform(0.2, 0.7)) : colour;
        return Material.matt(new Textures.Plaster(paint, 0.05, seed));
    }

    private static List<Rgb> colours(int... codes) {
        return java.util.Arrays.stream(codes).mapToObj(Rgb::hex).toList();
    }
}
