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
 *   running maximum and sum; scores become probabilities before division by the sum
 *   out [channels][queries] = out * 2^(old maximum - new maximum) + V^T scores
 * </pre>
 * Everything has the queries in its lanes. Keys and values are packed into panels once for all tasks of a head. A task
 * reads shared panels and writes its own rows of y and lse, so the bits do not depend on the threads.
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
                MemorySegment packed = AttentionShape.allocate(count * pairBytes);
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
        long max = scores + keysBlock;
        long sum = max + QUERY_STEP;
        long factor = sum + QUERY_STEP;
        long zero = factor + QUERY_STEP;
        AttentionPacking.queryBlock(shape, qkv, shape.packedOffset(pair, from, 0), shape.packedStep(), queries, scratch,
                0, (float) (shape.scale() / Math.log(2)));
        scratch.asSlice(block, block).fill((byte) 0);
        fill(max, Float.NEGATIVE_INFINITY);
        fill(sum, 0);
        fill(zero, 0);
        long keyPanels = Raw.address(packed, at, pairBytes);
        long valuePanels = keyPanels + keyBytes;
        for (int key = 0; key < shape.tokens(); key += KEYS) {
            int keys = Math.min(KEYS, shape.tokens() - key);
            for (int k = 0; k < keys; k += ROWS) {
                for (int c = 0; c < width; c += COLUMNS) {
                    AttentionTiles.panel(keyPanels + 4L * (key + k) * shape.size(), query + 4L * c, shape.size(), zero,
                            0, scores + k * QUERY_STEP + 4L * c);
                }
            }
            for (int c = 0; c < width; c += COLUMNS) {
                long column = 4L * c;
                if (AttentionLoops.newMaximum(scores + column, keys, max + column, sum + column, factor + column)) {
                    AttentionLoops.scale(sums + column, rows, factor + column);
                }
                AttentionLoops.exponentials(scores + column, keys, max + column, sum + column);
                for (int r = 0; r < rows; r += ROWS) {
                    long tile = sums + r * QUERY_STEP + column;
                    long values = valuePanels + ((long) r / ROWS * shape.tokens() + key) * PANEL_STEP;
                    AttentionTiles.panel(values, scores + column, keys, tile, QUERY_STEP, tile);
                }
            }
        }
        for (int c = 0; c < width; c += COLUMNS) {
            AttentionLoops.finish(max + 4L * c, sum + 4L * c, factor + 4L * c, zero + 4L * c);
            AttentionLoops.scale(sums + 4L * c, rows, factor + 4L * c);
        }
        Lines.transpose(scratch, block, QUERY_STEP, y, shape.offset(pair, from), shape.step(), shape.size(), queries);
        MemorySegment.copy(scratch, zero - query, lse, 4L * ((long) pair * shape.tokens() + from), 4L * queries);
    }

    private static void fill(long at, float value) {
        for (int i = 0; i < QUERIES; i++) {
            Raw.ALL.set(Floats.LAYOUT, at + 4L * i, value);
        }
    }
}
