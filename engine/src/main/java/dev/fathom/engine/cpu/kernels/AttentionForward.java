package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.kernels.AttentionShape.KEYS;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.COLUMNS;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERIES;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERY_STEP;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.ROWS;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Attention;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Attention without its T x T matrix. A task takes one block of queries of one head and walks over the keys in blocks:
 * <pre>
 *   scores [keys][queries] = K Q^T           (Q carries 1 / sqrt(d) and log2 e, so exponentials are powers of two)
 *   weights = 2^(scores - reference)         (a running reference near the largest score so far) and their sum
 *   out [channels][queries] = out * 2^(old reference - new reference) + V^T weights
 * </pre>
 * and at the end divides out by the sum. The reference is subtracted from a block's scores while they are computed. It
 * need not be the largest score, only near enough that no power overflows, so it stays until a score is
 * {@link AttentionLoops#SLACK} above it. That is rare after the first block; then the block's scores are computed
 * again, the reference becomes their maximum, and what was summed up is multiplied once.
 *
 * <p>Everything has the queries in its lanes. Keys and values are packed into panels once for all tasks of a head. A
 * task reads shared panels and writes its own rows of y and lse, so the bits do not depend on the threads.
 */
final class AttentionForward {
    private final AttentionShape shape;
    private final MemorySegment qkv;
    private final MemorySegment y;
    private final MemorySegment lse;
    private final long keyBytes;
    private final long pairBytes;

    private AttentionForward(AttentionShape shape, MemorySegment qkv, MemorySegment y, MemorySegment lse) {
        this.shape = shape;
        this.qkv = qkv;
        this.y = y;
        this.lse = lse;
        this.keyBytes = shape.keyPanelBytes();
        this.pairBytes = keyBytes + shape.channelPanelBytes();
    }

    static void run(Attention op, List<Tensor> in, List<Tensor> out) {
        AttentionShape shape = AttentionShape.of(in.get(0), op.heads());
        if (in.get(0).numel() > 0) {
            new AttentionForward(shape, in.get(0).segment(), out.get(0).segment(), out.get(1).segment()).run();
        }
    }

    private void run() {
        int wave = shape.pairsInWave(pairBytes);
        for (int first = 0; first < shape.pairs(); first += wave) {
            int start = first;
            int count = Math.min(wave, shape.pairs() - first);
            try (MemoryScope scope = MemoryScope.open("attention")) {
                MemorySegment packed = shape.allocate(count * pairBytes);
                int keyBlocks = shape.keyBlocks();
                WorkPool.shared().run(count * keyBlocks,
                        t -> pack(start + t / keyBlocks, t % keyBlocks * KEYS, packed, t / keyBlocks * pairBytes));
                int queryBlocks = shape.queryBlocks();
                WorkPool.shared().run(count * queryBlocks,
                        t -> attend(start + t / queryBlocks, t % queryBlocks * QUERIES, packed,
                                t / queryBlocks * pairBytes));
            }
        }
    }

    private void pack(int pair, int from, MemorySegment packed, long at) {
        int keys = Math.min(KEYS, shape.tokens() - from);
        AttentionPacking.keyPanels(shape, qkv, shape.packedOffset(pair, from, 1), shape.packedStep(), keys,
                packed, at + 4L * from * shape.size());
        AttentionPacking.channelPanels(shape, qkv, shape.packedOffset(pair, from, 2), shape.packedStep(), keys,
                packed, at + keyBytes + from * PANEL_STEP);
    }

    /** One block of queries over all keys. */
    private void attend(int pair, int from, MemorySegment packed, long at) {
        int queries = Math.min(QUERIES, shape.tokens() - from);
        int width = AttentionShape.blocks(queries, COLUMNS) * COLUMNS;
        int rows = shape.sizeInRows();
        long block = shape.channelBlockBytes();
        long keysBlock = KEYS * QUERY_STEP;
        MemorySegment scratch = Scratch.buffer(Scratch.Purpose.ATTENTION, 2 * block + keysBlock + 4 * QUERY_STEP);
        long query = Raw.address(scratch, 0, 2 * block + keysBlock + 4 * QUERY_STEP);
        long sums = query + block;
        long scores = sums + block;
        long minusReference = scores + keysBlock;
        long sum = minusReference + QUERY_STEP;
        long factor = sum + QUERY_STEP;
        long zero = factor + QUERY_STEP;
        AttentionPacking.queryBlock(shape, qkv, shape.packedOffset(pair, from, 0), shape.packedStep(), queries, scratch,
                0, (float) (shape.scale() / Math.log(2)));
        scratch.asSlice(block, block).fill((byte) 0);
        fill(minusReference, Float.POSITIVE_INFINITY);
        fill(sum, 0);
        fill(zero, 0);
        long keyPanels = Raw.address(packed, at, pairBytes);
        long valuePanels = keyPanels + keyBytes;
        for (int key = 0; key < shape.tokens(); key += KEYS) {
            int keys = Math.min(KEYS, shape.tokens() - key);
            long panels = keyPanels + 4L * key * shape.size();
            for (long column = 0; column < 4L * width; column += 4L * COLUMNS) {
                long weights = scores + column;
                boolean done = false;
                if (key > 0) {
                    scores(panels, keys, query + column, minusReference + column, weights);
                    done = AttentionLoops.powers(weights, keys, zero, sum + column, factor + column, false);
                }
                if (!done) {
                    scores(panels, keys, query + column, zero, weights);
                    if (AttentionLoops.newReference(weights, keys, minusReference + column, sum + column,
                            factor + column)) {
                        AttentionLoops.scale(sums + column, rows, factor + column);
                    }
                    AttentionLoops.powers(weights, keys, minusReference + column, sum + column, factor + column, true);
                }
                for (int r = 0; r < rows; r += ROWS) {
                    long tile = sums + r * QUERY_STEP + column;
                    long values = valuePanels + ((long) r / ROWS * shape.tokens() + key) * PANEL_STEP;
                    AttentionTiles.panel(values, weights, keys, tile, QUERY_STEP, tile);
                }
            }
        }
        for (long column = 0; column < 4L * width; column += 4L * COLUMNS) {
            AttentionLoops.finish(minusReference + column, sum + column, factor + column, zero + column);
            AttentionLoops.scale(sums + column, rows, factor + column);
        }
        Lines.transpose(scratch, block, QUERY_STEP, y, shape.offset(pair, from), shape.step(), shape.size(), queries);
        MemorySegment.copy(scratch, zero - query, lse, 4L * ((long) pair * shape.tokens() + from), 4L * queries);
    }

    /** One tile's width of queries: scores [keys][COLUMNS] = from [COLUMNS] + K Q^T. */
    private void scores(long panels, int keys, long query, long from, long scores) {
        for (int k = 0; k < keys; k += ROWS) {
            AttentionTiles.panel(panels + 4L * k * shape.size(), query, shape.size(), from, 0, scores + k * QUERY_STEP);
        }
    }

    private static void fill(long at, float value) {
        for (int i = 0; i < QUERIES; i++) {
            Raw.ALL.set(Floats.LAYOUT, at + 4L * i, value);
        }
    }
}
