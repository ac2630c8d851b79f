package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.GROUP;
import static dev.fathom.engine.cpu.kernels.GemmTile.LINE_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROWS;
import static dev.fathom.engine.cpu.kernels.GemmTile.TILE_BYTES;

import dev.fathom.engine.cpu.WorkPool;
import java.lang.foreign.MemorySegment;

/**
 * The gradient of a 3 x 3 convolution by its weights, by Winograd's algorithm with squares of 2 x 2 pixels.
 *
 * <p>Forward, a square's output would be Aᵀ [U * V] A with U = G g Gᵀ and V = Bᵀ d B. So dU = V * (A dy Aᵀ), summed over
 * squares, and dg = Gᵀ dU G. The sum over squares is, at each of the 16 places, the product of the transformed dy,
 * transposed, by the transformed pixels: a product with squares as K, a quarter of the pixels, and 16 places instead of
 * 9 taps.
 *
 * <p>As in {@link GemmSplit} the squares are cut into chunks by the shape alone, a task sums one chunk in memory of its
 * own, and the chunks are added in order.
 */
final class WinogradWeights {
    /** Fewer squares than this do not pay. */
    private static final int MIN_SQUARES = 256;
    /** Transformed pixels and gradients of a block of squares: what stays in the second cache. */
    private static final int BLOCK_BYTES = 1 << 19;
    private static final int MAX_BLOCK = 128;
    private static final int MAX_CHUNKS = 24;
    private static final long MAX_BYTES = 32L << 20;
    private static final int PLACES = 16;

    private final WinogradBlocks pixels;
    private final WinogradBlocks gradients;
    private final int channels;
    private final int outputs;
    private final int panels;
    private final int rowTiles;
    private final int block;
    private final int squaresPerChunk;
    private final int chunks;
    private final long chunkBytes;
    private final long panelBytes;
    private final long groupBytes;

    private WinogradWeights(Patches image, MemorySegment dy, int outputs) {
        this.pixels = WinogradBlocks.ofPixels(image);
        this.gradients = WinogradBlocks.ofGradients(image, dy, outputs);
        this.channels = image.channels();
        this.outputs = outputs;
        this.panels = GemmPlan.ceil(channels, COLUMNS);
        this.rowTiles = GemmPlan.ceil(outputs, ROWS);
        this.block = Math.clamp(BLOCK_BYTES / (PLACES * Float.BYTES * (channels + outputs)), 16, MAX_BLOCK);
        int blocks = GemmPlan.ceil(pixels.count(), block);
        this.squaresPerChunk = GemmPlan.ceil(blocks, MAX_CHUNKS) * block;
        this.chunks = GemmPlan.ceil(pixels.count(), squaresPerChunk);
        this.chunkBytes = PLACES * rowTiles * panels * TILE_BYTES;
        this.panelBytes = block * PANEL_STEP;
        this.groupBytes = block * LINE_STEP;
    }

    /**
     * Computes dweight [outputs,3,3,channels] if the convolution has the shape for it; false if not, with nothing done.
     *
     * @param image pixels and geometry of the forward
     * @param dy    [pictures,outH,outW,outputs]
     */
    static boolean run(Patches image, MemorySegment dy, int outputs, MemorySegment result) {
        // A vector of the transformed dy must fall into one packed group: so on AVX-512 and NEON, not on AVX2.
        if (!Winograd.fits(image, outputs) || GROUP % FLOATS != 0 || outputs > GemmTile.DEPTH) {
            return false;
        }
        WinogradWeights weights = new WinogradWeights(image, dy, outputs);
        if (weights.pixels.count() < MIN_SQUARES || weights.chunks * weights.chunkBytes > MAX_BYTES) {
            return false;
        }
        MemorySegment partials = Scratch.buffer(Scratch.Purpose.PARTIALS, weights.chunks * weights.chunkBytes);
        WorkPool.shared().run(weights.chunks, chunk -> weights.sum(chunk, partials));
        WorkPool.shared().run(weights.rowTiles * weights.panels, tile -> weights.finish(tile, partials, result));
        return true;
    }

    private void sum(int chunk, MemorySegment partials) {
        int groups = GemmPlan.ceil(outputs, GROUP);
        long gradientsAt = PLACES * panels * panelBytes;
        long tileAt = gradientsAt + PLACES * groups * groupBytes;
        long edgeAt = tileAt + TILE_BYTES;
        MemorySegment room = Scratch.buffer(Scratch.Purpose.ROWS,
            edgeAt + (long) PLACES * Float.BYTES * Math.max(channels, outputs));
        int start = chunk * squaresPerChunk;
        int end = Math.min(pixels.count(), start + squaresPerChunk);
        for (int first = start; first < end; first += block) {
            int count = Math.min(block, end - first);
            for (int i = 0; i < count; i++) {
                pixels.transform(first + i, room, edgeAt, 0, i * PANEL_STEP, COLUMNS, panelBytes, panels * panelBytes);
                gradients.transform(first + i, room, edgeAt, gradientsAt, i * LINE_STEP, GROUP, groupBytes,
                    groups * groupBytes);
            }
            multiply(room, gradientsAt, groups, tileAt, count, partials, chunk * chunkBytes, first == start);
        }
    }

    private void multiply(MemorySegment room, long gradientsAt, int groups, long tileAt, int count,
                          MemorySegment partials, long partialAt, boolean first) {
        long at = partialAt;
        for (int place = 0; place < PLACES; place++) {
            for (int rowTile = 0; rowTile < rowTiles; rowTile++) {
                int row = rowTile * ROWS;
                long group = gradientsAt + ((long) place * groups + row / GROUP) * groupBytes
                    + (long) row % GROUP * Float.BYTES;
                for (int panel = 0; panel < panels; panel++) {
                    GemmTile.multiplyTransposed(room, group, room, ((long) place * panels + panel) * panelBytes, count,
                        room, tileAt);
                    GemmSplit.add(room, tileAt, partials, at, first);
                    at += TILE_BYTES;
                }
            }
        }
    }

    /** Adds the chunks of one tile of weights at all places and transforms the sums. */
    private void finish(int tile, MemorySegment partials, MemorySegment result) {
        MemorySegment room = Scratch.buffer(Scratch.Purpose.ROWS, PLACES * TILE_BYTES);
        for (int place = 0; place < PLACES; place++) {
            long at = ((long) place * rowTiles * panels + tile) * TILE_BYTES;
            for (int chunk = 0; chunk < chunks; chunk++) {
                GemmSplit.add(partials, chunk * chunkBytes + at, room, place * TILE_BYTES, chunk == 0);
            }
        }
        int row = tile / panels * ROWS;
        int column = tile % panels * COLUMNS;
        for (int r = 0; r < Math.min(ROWS, outputs - row); r++) {
            long target = ((long) (row + r) * 9 * channels + column) * Float.BYTES;
            WinogradTransforms.weightGradient(room, r * PANEL_STEP, TILE_BYTES, Math.min(COLUMNS, channels - column),
                result, target, (long) channels * Float.BYTES);
        }
    }
}
