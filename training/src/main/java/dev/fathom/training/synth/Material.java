package dev.fathom.training.synth;

/**
 * How a surface looks.
 *
 * @param texture   its colours
 * @param gloss     strength of the highlight: 0 is matt, 0.5 is lacquer
 * @param sharpness exponent of the highlight (Blinn-Phong): 10 is broad, 200 is a point
 */
public record Material(Texture texture, double gloss, double sharpness) {

    public static Material matt(Texture texture) {
        return new Material(texture, 0, 1);
    }

    public static Material satin(Texture texture) {
        return new Material(texture, 0.12, 24);
    }

    public static Material glossy(Texture texture) {
        return new Material(texture, 0.35, 90);
    }
}
