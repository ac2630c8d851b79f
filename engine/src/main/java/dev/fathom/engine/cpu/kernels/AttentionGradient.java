package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.COLUMNS;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERIES;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERY_STEP;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.ROWS;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.AttentionBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * The gradient of attention without its T x T matrices: five products for each block of keys and block of queries, with
 * the queries in the lanes (formulas in {@link AttentionBackward}):
 * <pre>
 *   p  [keys][queries] = 2^(K Q^T - lse)          ds [keys][queries] = p * (V dY^T - D)
 *   dV [keys][d] += p dY     dK [keys][d] += ds Q     dQ [d][queries] += K^T ds
 * </pre>
 * A task owns a group of neighbouring key blocks of one head. It holds dK and dV of one key block at a time and adds to
 * a dQ of its own; at the end the dQ of all groups of a head are added in their order. The number of groups follows
 * from the shape alone, so the bits do not depend on the threads.
 */
final class AttentionGradient {
    /** Keys in a block: scores and their gradients are 16 KiB each. */
    private static final int KEYS = 64;
    /** Enough tasks for the threads of a large machine. */
    private static final int TASKS = 24;

    private final AttentionShape shape;
    private final AttentionGradientPacks packs;
    private final MemorySegment dqkv;
    private final int groups;
    private final long queryGradientBytes;

    private AttentionGradient(AttentionShape shape, AttentionGradientPacks packs, MemorySegment dqkv, int groups) {
        this.shape = shape;
        this.packs = packs;
        this.dqkv = dqkv;
        this.groups = groups;
        this.queryGradientBytes = shape.queryBlocks() * shape.channelBlockBytes();
    }

    static void run(AttentionBackward op, List<Tensor> in, List<Tensor> out) {
        AttentionShape shape = AttentionShape.of(in.get(0), op.heads());
        if (in.get(0).numel() == 0) {
            return;
        }
        AttentionGradientPacks packs = new AttentionGradientPacks(shape, in.get(0).segment(), in.get(1).segment(),
                in.get(2).segment(), in.get(3).segment());
        int wave = shape.pairsInWave(packs.pairBytes());
        int groups = Math.min(AttentionShape.blocks(shape.tokens(), KEYS), AttentionShape.blocks(TASKS, wave));
        AttentionGradient gradient = new AttentionGradient(shape, packs, out.get(0).segment(), groups);
        for (int first = 0; first < shape.pairs(); first += wave) {
            gradient.wave(first, Math.min(wave, shape.pairs() - first));
        }
    }

    private void wave(int first, int count) {
        try (MemoryScope scope = MemoryScope.open("attention backward")) {
            MemorySegment packed = shape.allocate(count * packs.pairBytes());
            MemorySegment queryGradients = shape.allocate(count * groups * queryGradientBytes);
            int blocks = shape.queryBlocks();
            WorkPool.shared().run(count * blocks,
                    t -> packs.pack(first + t / blocks, t % blocks * QUERIES, packed, t / blocks * packs.pairBytes()));
            WorkPool.shared().run(count * groups, t ->
                    group(first + t / groups, t % groups, packed, t / groups * packs.pairBytes(),
                    queryGradients, t * queryGradientBytes));
            WorkPool.shared().run(count * blocks, t -> queryGradient(first + t / blocks, t % blocks, queryGradients,
                    t / blocks * groups * queryGradientBytes));
        }
    }

    /** All key blocks of one group, each over all query blocks. */
    private void group(int pair, int group, MemorySegment packed, long packedAt, MemorySegment queryGradients,
            long gradientAt) {
        long gradient = Raw.address(queryGradients, gradientAt, queryGradientBytes);
        long pack = Raw.address(packed, packedAt, packs.pairBytes());
        int width = shape.sizeInColumns();
        long tokenBytes = 4L * KEYS * width;
        long scoreBytes = KEYS * QUERY_STEP;
        long bytes = 2 * tokenBytes + 2 * scoreBytes + QUERY_STEP;
        MemorySegment scratch = Scratch.buffer(Scratch.Purpose.ATTENTION, bytes);
        long keyGradient = Raw.address(scratch, 0, bytes);
        long valueGradient = keyGradient + tokenBytes;
        long scores = valueGradient + tokenBytes;
        long ds = scores + scoreBytes;
        long zero = ds + scoreBytes;
        scratch.asSlice(zero - keyGradient, QUERY_STEP).fill((byte) 0);
        int keyBlocks = AttentionShape.blocks(shape.tokens(), KEYS);
        int firstBlock = group * keyBlocks / groups;
        for (int block = firstBlock; block < (group + 1) * keyBlocks / groups; block++) {
            int key = block * KEYS;
            int keys = Math.min(KEYS, shape.tokens() - key);
            scratch.asSlice(0, 2 * tokenBytes).fill((byte) 0);
            for (int query = 0; query < shape.tokens(); query += QUERIES) {
                int queries = Math.min(QUERIES, shape.tokens() - query);
                scores(pack, key, keys, query, queries, scores, ds);
                long rows = 4L * query * width;
                addRows(scores, keys, queries, pack + packs.dyRows() + rows, valueGradient);
                addRows(ds, keys, queries, pack + packs.queryRows() + rows, keyGradient);
                long sums = gradient + query / QUERIES * shape.channelBlockBytes();
                if (block == firstBlock) {
                    addQueries(pack, key, keys, queries, ds, zero, 0, sums);
                } else {
                    addQueries(pack, key, keys, queries, ds, sums, QUERY_STEP, sums);
                }
            }
            Lines.copy(scratch, 0, 4L * width, dqkv, shape.packedOffset(pair, key, 1), shape.packedStep(), keys,
                    shape.size());
            Lines.copy(scratch, tokenBytes, 4L * width, dqkv, shape.packedOffset(pair, key, 2), shape.packedStep(),
                    keys, shape.size());
        }
    }

    /** p and ds of one block of keys and one of queries. */
    private void scores(long pack, int key, int keys, int query, int queries, long scores, long ds) {
        int size = shape.size();
        long block = query / QUERIES * size * QUERY_STEP;
        long vectors = query / QUERIES * QUERY_STEP;
        for (int c = 0; c < queries; c += COLUMNS) {
            long column = 4L * c;
            for (int k = 0; k < keys; k += ROWS) {
                long panel = 4L * (key + k) * size;
                long tile = k * QUERY_STEP + column;
                AttentionTiles.panel(pack + packs.keys() + panel, pack + packs.queries() + block + column, size,
                        pack + packs.minusLse() + vectors + column, 0, scores + tile);
                AttentionTiles.panel(pack + packs.values() + panel, pack + packs.dyBlocks() + block + column, size,
                        pack + packs.minusD() + vectors + column, 0, ds + tile);
            }
            AttentionLoops.probabilities(scores + column, ds + column, keys);
        }
    }

    /** sums [keys][d] += weights [keys][queries] times rows [queries][d]. */
    private void addRows(long weights, int keys, int queries, long rows, long sums) {
        long step = 4L * shape.sizeInColumns();
        for (int k = 0; k < keys; k += ROWS) {
            for (int c = 0; c < shape.size(); c += COLUMNS) {
                AttentionTiles.rows(weights + k * QUERY_STEP, rows + 4L * c, step, queries, sums + k * step + 4L * c,
                        step);
            }
        }
    }

    /** to [d][queries] = from [d][queries] + K^T [d][keys] times ds [keys][queries]; from's rows are fromStep apart. */
    private void addQueries(long pack, int key, int keys, int queries, long ds, long from, long fromStep, long to) {
        for (int r = 0; r < shape.size(); r += ROWS) {
            long panel = pack + packs.keyChannels() + ((long) r / ROWS * shape.tokens() + key) * PANEL_STEP;
            for (int c = 0; c < queries; c += COLUMNS) {
                AttentionTiles.panel(panel, ds + 4L * c, keys, from + r * fromStep + 4L * c, fromStep,
                        to + r * QUERY_STEP + 4L * c);
            }
        }
    }

    /** Adds up one query block's dQ of all groups, times 1 / sqrt(d), and writes it. */
    private void queryGradient(int pair, int block, MemorySegment queryGradients, long at) {
        long first = at + block * shape.channelBlockBytes();
        float scale = (float) shape.scale();
        for (int i = 0; i < shape.sizeInRows() * QUERIES; i += FLOATS) {
            FloatVector sum = load(queryGradients, first + 4L * i);
            for (int g = 1; g < groups; g++) {
                sum = sum.add(load(queryGradients, first + g * queryGradientBytes + 4L * i));
            }
            sum.mul(scale).intoMemorySegment(queryGradients, first + 4L * i, ORDER);
        }
        int query = block * QUERIES;
        Lines.transpose(queryGradients, first, QUERY_STEP, dqkv, shape.packedOffset(pair, query, 0), shape.packedStep(),
                shape.size(), Math.min(QUERIES, shape.tokens() - query));
    }
}
