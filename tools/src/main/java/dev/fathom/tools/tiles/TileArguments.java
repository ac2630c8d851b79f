package dev.fathom.tools.tiles;

import dev.fathom.models.image.NetworkSize;
import dev.fathom.tools.align.AffineFit.Freedom;
import dev.fathom.tools.cli.WrongCall;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Whether photos are cut into tiles, and how. */
public final class TileArguments {
    private static final double USUAL_OVERLAP = 0.25;

    @Option(names = "--tiles", description = "Cut photos larger than a tile into tiles that the network sees one by"
            + " one, each aligned to the whole photo's map: more detail, and more time. Prints how well tiles agree.")
    private boolean tiles;

    @Option(names = "--tile-size", paramLabel = "N",
            description = "Side of a tile in the photo's pixels (default: the --input-size, so that nothing is"
                    + " shrunk).")
    private Integer size;

    @Option(names = "--tile-overlap", paramLabel = "SHARE",
            description = "How much of a tile lies at least on the next one, 0 to 0.9 (default: 0.25).")
    private Double overlap;

    @Option(names = "--tile-align", paramLabel = "HOW",
            description = "affine (scale and shift) or scale (default: affine for relative models, scale for metric"
                    + " ones).")
    private Freedom align;

    /** What was asked for; nothing without {@code --tiles}. */
    public Optional<Tiling> tiling(CommandSpec spec, int inputSize) {
        WrongCall.unless(tiles || size == null && overlap == null && align == null, spec,
                "--tile-size, --tile-overlap and --tile-align are about --tiles; add it or leave them out.");
        int side = size != null ? size : Math.max(inputSize, 2 * NetworkSize.PATCH);
        return tiles ? Optional.of(WrongCall.orValue(spec, () -> new Tiling(side, overlap == null ? USUAL_OVERLAP
                : overlap, align))) : Optional.empty();
    }
}
