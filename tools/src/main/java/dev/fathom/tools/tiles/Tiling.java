package dev.fathom.tools.tiles;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.tools.align.AffineFit.Freedom;
import java.util.Locale;

/**
 * How a photo is cut.
 *
 * @param tile    side of a tile in the photo's pixels
 * @param overlap share of a tile that at least lies on the next one
 * @param align   what brings a tile to the whole photo's map; null for what suits the model
 */
public record Tiling(int tile, double overlap, Freedom align) {
    /** Beyond this, a pixel is computed by more than a hundred tiles. */
    private static final double MOST_OVERLAP = 0.9;

    /** @throws FathomException if a number makes no sense */
    public Tiling {
        if (tile < 28) {
            throw new FathomException("--tile-size is " + tile + ", but must be at least 28 pixels.");
        }
        if (!(overlap >= 0 && overlap <= MOST_OVERLAP)) {
            throw new FathomException("--tile-overlap is " + overlap + ", but must be a share from 0 to " + MOST_OVERLAP
                    + ".");
        }
    }

    /** Whether a photo is more than one tile. */
    public boolean cuts(int width, int height) {
        return Math.max(width, height) > tile;
    }

    /** Where the tiles of a photo lie. */
    public TileGrid grid(int width, int height) {
        return TileGrid.of(width, height, tile, overlap);
    }

    /**
     * What is fitted: scale and shift for relative maps, which are known up to both; scale alone for metres. A crop
     * looks to a metric network like a photo through a longer lens, which changes all its depths by one factor and
     * moves no zero.
     */
    public Freedom freedom(DepthHead head) {
        return align != null ? align : head instanceof DepthHead.Metric ? Freedom.SCALE : Freedom.AFFINE;
    }

    /** For people and files: {@code tiles of 518 pixels, overlap 25 %, each aligned by scale and shift to ...}. */
    public String describe(DepthHead head) {
        return String.format(Locale.ROOT, "tiles of %d pixels, overlap at least %.0f %%, each aligned by %s to the"
                + " whole photo's map", tile, 100 * overlap, freedom(head) == Freedom.SCALE ? "scale"
                : "scale and shift");
    }
}
