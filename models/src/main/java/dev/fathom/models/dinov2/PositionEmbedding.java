package dev.fathom.models.dinov2;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.ResizeBicubic;
import dev.fathom.engine.ops.Slice;

/**
 * The learnt position embedding at another picture size ({@code interpolate_pos_encoding}).
 *
 * <p>Row 0 belongs to the cls token and stays. The other rows are a g x g grid, resampled bicubically with the scale
 * factors (h + 0.1) / g and (w + 0.1) / g. The 0.1 was there to dodge a rounding error in an old PyTorch; the weights
 * were trained with it, so it is part of the network: h / g instead moves the embedding by up to half of its range
 * (SPEC 1.4).
 */
final class PositionEmbedding {
    private static final double OFFSET = 0.1;

    private PositionEmbedding() {
    }

    /**
     * @param posEmbed [1, 1 + g*g, D]
     * @param g side of the learnt grid
     * @param h rows of patches of this picture, {@code w} columns
     * @return [1, 1 + h*w, D]
     */
    static Tensor at(Tensor posEmbed, int g, int h, int w) {
        // As upstream: the table is used untouched only for the learnt size itself (a square one).
        if (h == g && w == g) {
            return posEmbed;
        }
        int dim = posEmbed.dim(2);
        Tensor cls = Slice.of(posEmbed, 1, 0, 1);
        Tensor grid = Slice.of(posEmbed, 1, 1, g * g).reshape(1, g, g, dim);
        Tensor resized = ResizeBicubic.byScale(grid, (h + OFFSET) / g, (w + OFFSET) / g);
        return Concat.of(1, cls, resized.reshape(1, h * w, dim));
    }
}
