package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERIES;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERY_STEP;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.ROWS;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import java.lang.foreign.MemorySegment;

/**
 * Copies the rows of one head (d floats a token, {@code step} bytes apart) into the layouts that {@link AttentionTiles}
 * reads. Steps and offsets in bytes. What lies in a layout beyond the last token or channel is multiplied but never
 * used.
 */
final class AttentionPacking {
    private AttentionPacking() {
    }

    /** Panels of ROWS tokens, each [d][ROWS]; the first token is a panel's first. */
    static void keyPanels(AttentionShape shape, MemorySegment from, long offset, long step, int tokens,
            MemorySegment to, long at) {
        for (int t = 0; t < tokens; t += ROWS) {
            Lines.transpose(from, offset + t * step, step, to, at + 4L * t * shape.size(), PANEL_STEP,
                    Math.min(ROWS, tokens - t), shape.size());
        }
    }

    /** Panels of ROWS channels, each [T][ROWS]; {@code at} is the place of the first token in the first panel. */
    static void channelPanels(AttentionShape shape, MemorySegment from, long offset, long step, int tokens,
            MemorySegment to, long at) {
        Lines.deal(from, offset, step, to, at, PANEL_STEP, ROWS, shape.tokens() * PANEL_STEP, tokens, shape.size());
    }

    /** A block [d][QUERIES], times {@code factor}; zero beyond the last token. */
    static void queryBlock(AttentionShape shape, MemorySegment from, long offset, long step, int tokens,
            MemorySegment to, long at, float factor) {
        if (tokens < QUERIES) {
            to.asSlice(at, shape.size() * QUERY_STEP).fill((byte) 0);
        }
        Lines.transpose(from, offset, step, to, at, QUERY_STEP, tokens, shape.size());
        if (factor != 1) {
            multiply(to, at, shape.size() * QUERIES, factor);
        }
    }

    /**
     * Rows as they are, times {@code factor}, at a distance of {@code sizeInColumns} floats; zero beyond the last
     * channel.
     */
    static void rowBlock(AttentionShape shape, MemorySegment from, long offset, long step, int tokens, MemorySegment to,
            long at, float factor) {
        int width = shape.sizeInColumns();
        if (shape.size() < width) {
            to.asSlice(at, 4L * tokens * width).fill((byte) 0);
        }
        Lines.copy(from, offset, step, to, at, 4L * width, tokens, shape.size());
        if (factor != 1) {
            multiply(to, at, tokens * width, factor);
        }
    }

    /** {@code n} is a multiple of the number of lanes. */
    private static void multiply(MemorySegment block, long at, int n, float factor) {
        for (int i = 0; i < n; i += FLOATS) {
            load(block, at + 4L * i).mul(factor).intoMemorySegment(block, at + 4L * i, ORDER);
        }
    }
}
