package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERIES;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERY_STEP;
import static dev.fathom.engine.cpu.kernels.Floats.all;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * What the gradient of attention reads, copied once a head into the layouts of {@link AttentionTiles}: for each pair a
 * run of {@link #pairBytes} with keys, values, queries and dy, the first and the last two in two layouts each, and a
 * vector of -lse and of -D. Scores are powers of two here, so lse and the queries that make scores carry log2 e.
 */
final class AttentionGradientPacks {
    private final AttentionShape shape;
    private final MemorySegment qkv;
    private final MemorySegment y;
    private final MemorySegment lse;
    private final MemorySegment dy;
    private final long keyBytes;
    private final long channelBytes;
    private final long blockBytes;
    private final long rowBytes;
    private final long vectorBytes;

    AttentionGradientPacks(AttentionShape shape, MemorySegment qkv, MemorySegment y, MemorySegment lse,
            MemorySegment dy) {
        this.shape = shape;
        this.qkv = qkv;
        this.y = y;
        this.lse = lse;
        this.dy = dy;
        this.keyBytes = shape.keyPanelBytes();
        this.channelBytes = shape.channelPanelBytes();
        this.blockBytes = shape.queryBlocks() * shape.size() * QUERY_STEP;
        this.rowBytes = 4L * shape.tokens() * shape.sizeInColumns();
        this.vectorBytes = shape.queryBlocks() * QUERY_STEP;
    }

    /** Offset of the keys in panels of keys. */
    long keys() {
        return 0;
    }

    /** Offset of the values in panels of keys. */
    long values() {
        return keyBytes;
    }

    /** Offset of the keys in panels of channels. */
    long keyChannels() {
        return 2 * keyBytes;
    }

    /** Offset of the queries in blocks [d][QUERIES], times log2(e) / sqrt(d). */
    long queries() {
        return keyChannels() + channelBytes;
    }

    /** Offset of dy in blocks [d][QUERIES]. */
    long dyBlocks() {
        return queries() + blockBytes;
    }

    /** Offset of the queries in rows, times 1 / sqrt(d). */
    long queryRows() {
        return dyBlocks() + blockBytes;
    }

    /** Offset of dy in rows. */
    long dyRows() {
        return queryRows() + rowBytes;
    }

    /** Offset of -lse log2(e), one number a query. */
    long minusLse() {
        return dyRows() + rowBytes;
    }

    /** Offset of -D, one number a query. */
    long minusD() {
        return minusLse() + vectorBytes;
    }

    long pairBytes() {
        return minusD() + vectorBytes;
    }

    /** Packs QUERIES tokens of a pair into all layouts. */
    void pack(int pair, int from, MemorySegment to, long at) {
        int tokens = Math.min(QUERIES, shape.tokens() - from);
        long step = shape.packedStep();
        long q = shape.packedOffset(pair, from, 0);
        long k = shape.packedOffset(pair, from, 1);
        long v = shape.packedOffset(pair, from, 2);
        long g = shape.offset(pair, from);
        AttentionPacking.keyPanels(shape, qkv, k, step, tokens, to, at + keys() + 4L * from * shape.size());
        AttentionPacking.keyPanels(shape, qkv, v, step, tokens, to, at + values() + 4L * from * shape.size());
        AttentionPacking.channelPanels(shape, qkv, k, step, tokens, to, at + keyChannels() + from * PANEL_STEP);
        long block = from / QUERIES * shape.size() * QUERY_STEP;
        float factor = (float) (shape.scale() / Math.log(2));
        AttentionPacking.queryBlock(shape, qkv, q, step, tokens, to, at + queries() + block, factor);
        AttentionPacking.queryBlock(shape, dy, g, shape.step(), tokens, to, at + dyBlocks() + block, 1);
        long rows = 4L * from * shape.sizeInColumns();
        AttentionPacking.rowBlock(shape, qkv, q, step, tokens, to, at + queryRows() + rows, (float) shape.scale());
        AttentionPacking.rowBlock(shape, dy, g, shape.step(), tokens, to, at + dyRows() + rows, 1);
        for (int i = 0; i < QUERIES; i++) {
            boolean real = i < tokens;
            float l = real ? lse.get(Floats.LAYOUT, 4 * ((long) pair * shape.tokens() + from + i)) : 0;
            float d = real ? dot(g + i * shape.step(), shape.size()) : 0;
            to.set(Floats.LAYOUT, at + minusLse() + 4L * (from + i), (float) (-l / Math.log(2)));
            to.set(Floats.LAYOUT, at + minusD() + 4L * (from + i), -d);
        }
    }

    /** D: the inner product of a token's dy and y. */
    private float dot(long at, int n) {
        FloatVector sum = all(0f);
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            sum = load(dy, at + 4L * i).fma(load(y, at + 4L * i), sum);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            sum = load(dy, at + 4L * whole, rest).fma(load(y, at + 4L * whole, rest), sum);
        }
        return Floats.sum(sum);
    }
}
