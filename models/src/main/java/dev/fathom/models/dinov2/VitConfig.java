package dev.fathom.models.dinov2;

/**
 * Sizes of a vision transformer.
 *
 * @param imageSize side in pixels for which the position embedding was learnt (518: a 37 x 37 grid)
 * @param patch side of a patch in pixels
 * @param dim D, channels of a token
 * @param depth number of blocks
 * @param heads attention heads; D must divide by them
 * @param ffn the kind of feed-forward part
 */
public record VitConfig(int imageSize, int patch, int dim, int depth, int heads, Ffn ffn) {
    /** LayerNorm's eps everywhere in DINOv2. */
    public static final double EPS = 1e-6;

    /** The feed-forward part of a block. */
    public enum Ffn {
        /** fc1 to 4D, GELU, fc2 */
        MLP,
        /** w12 to 2H, silu(a) * b, w3; H = 2/3 of 4D rounded up to a multiple of 8 */
        SWIGLU
    }

    public VitConfig {
        if (dim % heads != 0) {
            throw new IllegalArgumentException("dim " + dim + " does not divide by " + heads + " heads");
        }
        if (imageSize % patch != 0) {
            throw new IllegalArgumentException("imageSize " + imageSize + " is not a multiple of the patch " + patch);
        }
    }

    /** Side of the learnt position grid. */
    public int grid() {
        return imageSize / patch;
    }

    /** Width of the SwiGLU halves: (int(4D * 2/3) + 7) / 8 * 8. */
    public int swigluHidden() {
        return (4 * dim * 2 / 3 + 7) / 8 * 8;
    }
}
