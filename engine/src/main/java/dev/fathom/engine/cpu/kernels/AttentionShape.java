package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import java.lang.foreign.MemorySegment;

/**
 * Sizes and addresses of one attention. A "pair" is one head of one picture; pairs are independent.
 *
 * @param batch  N
 * @param tokens T
 * @param heads  number of heads
 * @param size   d, channels a head
 * @param device whose memory is worked in
 */
record AttentionShape(int batch, int tokens, int heads, int size, Device device) {
    /** Keys in a block: with a block of queries 16 or 32 KiB of scores, which stay in L1 or near it. */
    static final int KEYS = 128;

    private static final int ROWS = AttentionTiles.ROWS;

    static AttentionShape of(Tensor qkv, int heads) {
        return new AttentionShape(qkv.dim(0), qkv.dim(1), heads, qkv.dim(2) / 3 / heads, qkv.device());
    }

    int pairs() {
        return batch * heads;
    }

    int keyBlocks() {
        return blocks(tokens, KEYS);
    }

    int queryBlocks() {
        return blocks(tokens, AttentionTiles.QUERIES);
    }

    static int blocks(int n, int size) {
        return (n + size - 1) / size;
    }

    private static int roundUp(int n, int to) {
        return blocks(n, to) * to;
    }

    /** Bytes of one head's keys (or values) in panels of ROWS keys, each [d][ROWS]. */
    long keyPanelBytes() {
        return 4L * roundUp(tokens, ROWS) * size;
    }

    /** Bytes of one head's values (or keys) in panels of ROWS channels, each [T][ROWS]. */
    long channelPanelBytes() {
        return 4L * tokens * roundUp(size, ROWS);
    }

    /** Channels rounded up to whole tiles: the rows of a block whose rows are channels. */
    int sizeInRows() {
        return roundUp(size, ROWS);
    }

    /** Channels rounded up to whole tiles: the columns of a block whose columns are channels. */
    int sizeInColumns() {
        return roundUp(size, AttentionTiles.COLUMNS);
    }

    /** Bytes of a block [channels][queries]. */
    long channelBlockBytes() {
        return AttentionTiles.QUERY_STEP * sizeInRows();
    }

    /** Byte distance of two tokens in qkv. */
    long packedStep() {
        return 12L * heads * size;
    }

    /** Byte distance of two tokens in y. */
    long step() {
        return 4L * heads * size;
    }

    /** Byte offset of q (part 0), k (1) or v (2) of a pair's token in qkv. */
    long packedOffset(int pair, int token, int part) {
        long row = (long) (pair / heads) * tokens + token;
        return row * packedStep() + part * step() + 4L * (pair % heads) * size;
    }

    /** Byte offset of a pair's token in y. */
    long offset(int pair, int token) {
        long row = (long) (pair / heads) * tokens + token;
        return row * step() + 4L * (pair % heads) * size;
    }

    /** Factor of the scores: 1 / sqrt(d). */
    double scale() {
        return 1 / Math.sqrt(size);
    }

    /**
     * How many pairs to work on at a time so that what is packed for them stays below about 32 MiB: the memory that
     * attention takes does not grow with the batch. All waves are of nearly the same size.
     */
    int pairsInWave(long bytesPerPair) {
        long most = Math.max(1, (32L << 20) / Math.max(1, bytesPerPair));
        int waves = (int) ((pairs() + most - 1) / most);
        return blocks(pairs(), Math.max(1, waves));
    }

    /** Working memory of the innermost scope. */
    MemorySegment allocate(long bytes) {
        return Tensor.allocate(new TensorSpec(Shape.of(Math.toIntExact((bytes + 3) / 4)), DType.F32), device)
                .segment();
    }
}
