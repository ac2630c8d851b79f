package dev.fathom.training.data.doctor;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.training.data.DepthSample;
import java.util.Optional;

/**
 * What is remembered of a frame: numbers only, so that sets of any size can be looked at.
 *
 * @param index its number in the set
 * @param name what to call it
 * @param width pixels
 * @param height pixels
 * @param repaired how many depths were NaN, negative or infinite
 * @param depth what the depths are like
 * @param depthDigest the same for the same map only
 * @param picture how the picture is exposed
 * @param thumbnail what the picture is known by
 * @param bits of 16-bit numbers, whether they are smoother turned; empty where depth is in no whole numbers
 * @param wrap whether depth begins again at 0
 * @param planes how planes bend
 * @param distances how planes bend if the numbers are distances along the camera's rays; empty where it is not known
 * @param edges how many edges of depth the following two are made of
 * @param shift the shift of the depth that fits the picture best
 * @param mirror how the depth must be mirrored to fit best, see {@link ShiftSurface#bestMirror}
 * @param mirrorScore the mean rank with that
 * @param camera of the picture, where the set says it
 */
public record FrameFacts(int index, String name, int width, int height, int repaired, DepthFacts depth,
        long depthDigest, PictureFacts picture, Thumbnail thumbnail, Optional<BitPattern> bits, WrapJumps wrap,
        PlaneShape planes, Optional<PlaneShape> distances, int edges, ShiftSurface.Best shift, int mirror,
        double mirrorScore,
        Optional<Intrinsics> camera) {

    /** A frame's numbers, and what is needed once more of it when all frames are known. */
    record Look(FrameFacts facts, ShiftSurface surface, Pairing pairing, DepthPlaces places,
            DepthBins bins) {
    }

    static Look look(int index, DepthSample sample) {
        float[] depth = sample.depth();
        DepthFacts depthFacts = DepthFacts.of(depth, sample.width());
        Grid grid = Grid.of(sample);
        EdgeMaps maps = EdgeMaps.of(grid);
        DepthEdges edges = DepthEdges.of(grid);
        ShiftSurface surface = ShiftSurface.of(maps, edges);
        int mirror = surface.bestMirror();
        FrameFacts facts = new FrameFacts(index, sample.name(), sample.width(), sample.height(), sample.repaired(),
                depthFacts, Digest.of(depth, sample.width()), PictureFacts.of(sample.picture()),
                Thumbnail.of(sample.picture()), RawNumbers.of(depth).map(raw -> BitPattern.of(raw, sample.width())),
                WrapJumps.of(depth, sample.width(), depthFacts.farthest()), PlaneShape.of(grid),
                sample.camera().map(camera -> PlaneShape.ofDistances(grid, camera)), edges.size(), surface.best(),
                mirror, surface.mirror(mirror), sample.camera());
        return new Look(facts, surface, Pairing.of(maps, edges), DepthPlaces.of(grid),
                DepthBins.of(grid));
    }

    /** Whether it has any depth to judge. */
    public boolean hasDepth() {
        return depth.valid() > 0;
    }

    /** Pixels a cell of {@link ShiftSurface}. */
    public double step() {
        return Grid.step(width, height);
    }

    /** {@code 640 x 480}. */
    public String size() {
        return width + " x " + height;
    }
}
