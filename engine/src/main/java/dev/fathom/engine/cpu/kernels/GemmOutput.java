package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROWS;
import static dev.fathom.engine.cpu.kernels.GemmTile.TILE_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What becomes of a product's sums, written tile by tile while the tile is still in the first cache, so that none of it
 * costs a pass over memory:
 *
 * <pre>C = ReLU( mask( GELU(sums [+ C] + bias) * scale + residual + second ) )</pre>
 *
 * <p>A full tile to whose sums there is only something to add, as in most products, is written straight from registers:
 * {@link #multiply}. All others are written down, worked on, and written to C: {@link #take}. Where K is cut in blocks,
 * the bias comes with the first, and each later one adds to what is in C.
 *
 * @param c           C, rows {@code step} bytes apart, the first at byte {@code offset}
 * @param accumulate  whether the former content of C is added (beta = 1) or overwritten (beta = 0)
 * @param bias        N floats from byte {@code biasOffset} on, or null
 * @param activation  GELU follows the bias, ReLU comes last
 * @param before      receives what GELU is applied to (for its gradient), laid out as C from byte 0 on, or null
 * @param scale       N floats from byte 0 on, or null
 * @param residual    added, laid out as C from byte 0 on, or null; the same for {@code second}
 * @param mask        laid out as C from byte 0 on, or null: where it is 0 or less, C becomes 0
 */
public record GemmOutput(MemorySegment c, long offset, long step, boolean accumulate,
                         MemorySegment bias, long biasOffset, Activation activation, MemorySegment before,
                         MemorySegment scale, MemorySegment residual, MemorySegment second, MemorySegment mask) {

    /** The function that a product applies to its result. */
    public enum Activation {
        NONE,
        /** max(x, 0). */
        RELU,
        /** Exact GELU, by {@link NormalMath#gelu}. */
        GELU
    }

    /** C = sums. */
    public static GemmOutput to(MemorySegment c, long offset, long step) {
        return new GemmOutput(c, offset, step, false, null, 0, Activation.NONE, null, null, null, null, null);
    }

    /** C = C + sums. */
    public GemmOutput accumulating() {
        return new GemmOutput(c, offset, step, true, bias, biasOffset, activation, before, scale, residual, second,
            mask);
    }

    /** With a bias added to every row; null for none. */
    public GemmOutput withBias(MemorySegment values, long at) {
        return new GemmOutput(c, offset, step, accumulate, values, at, activation, before, scale, residual, second,
            mask);
    }

    /** With an activation, and a place for what GELU is applied to (or null). */
    public GemmOutput withActivation(Activation function, MemorySegment preactivation) {
        return new GemmOutput(c, offset, step, accumulate, bias, biasOffset, function, preactivation, scale, residual,
            second, mask);
    }

    /** With every row multiplied by these factors, before residuals are added. */
    public GemmOutput withScale(MemorySegment factors) {
        return new GemmOutput(c, offset, step, accumulate, bias, biasOffset, activation, before, factors, residual,
            second, mask);
    }

    /** With one or two matrices of C's layout added; either may be null. */
    public GemmOutput withResidual(MemorySegment first, MemorySegment other) {
        return new GemmOutput(c, offset, step, accumulate, bias, biasOffset, activation, before, scale, first, other,
            mask);
    }

    /** With zeros wherever a matrix of C's layout is 0 or less; null for none. */
    public GemmOutput withMask(MemorySegment signs) {
        return new GemmOutput(c, offset, step, accumulate, bias, biasOffset, activation, before, scale, residual,
            second, signs);
    }

    /** Whether the scale's factors multiply the sums and the bias, and nothing else. */
    boolean scalesSums() {
        return scale != null && !accumulate && before == null && activation == Activation.NONE;
    }

    /** This without its scale: the factors go to the columns of B, and to the bias, whose result this takes. */
    GemmOutput withoutScale(MemorySegment scaledBias) {
        MemorySegment offsets = bias == null ? null : scaledBias;
        return new GemmOutput(c, offset, step, accumulate, offsets, 0, activation, before, null,
            residual, second, mask);
    }

    /** Whether C is the sums and what is added to them, no more. */
    private boolean isLinear() {
        return activation == Activation.NONE && before == null && scale == null && second == null && mask == null;
    }

    /**
     * Whether a full tile of a block of K needs no {@link #take}.
     *
     * @param last whether it is the last block
     */
    boolean isStraight(boolean last) {
        return isLinear() ? !accumulate || residual == null : !last || isGelu();
    }

    /** Whether C is GELU of the sums and what is added to them, no more. */
    private boolean isGelu() {
        return activation == Activation.GELU && scale == null && residual == null && second == null && mask == null;
    }

    /**
     * Computes a full tile whose top left element is C[row, column].
     *
     * @param a          address of the tile's first row, {@code aStep} bytes from one to the next
     * @param transposed whether A is transposed: {@code a} is then in a packed group
     * @param b          address of a packed panel, {@code depth} lines
     * @param first      whether this is the first block of K
     * @param last       whether it is the last
     * @param room       ROOM tiles of memory from byte {@code roomOffset} on
     */
    void multiply(long a, long aStep, boolean transposed, long b, int depth, int row, int column,
                  boolean first, boolean last, MemorySegment room, long roomOffset) {
        long at = row * step + (long) column * Float.BYTES;
        long extent = (ROWS - 1) * step + PANEL_STEP;
        long to = Raw.address(c, offset + at, extent);
        long added = GemmRows.ZEROS;
        long addedStep = step;
        if (accumulate || !first) {
            added = to;
        } else if (residual != null && isLinear()) {
            added = Raw.address(residual, at, extent);
        } else {
            addedStep = 0;
        }
        long start = first && bias != null
            ? Raw.address(bias, biasOffset + (long) column * Float.BYTES, PANEL_STEP) : GemmRows.ZEROS;
        boolean gelu = last && activation == Activation.GELU;
        long free = gelu ? Raw.address(room, roomOffset, ROOM * TILE_BYTES) : 0;
        long sums = !gelu ? to : before == null ? free : Raw.address(before, at, extent);
        long sumStep = gelu && before == null ? PANEL_STEP : step;
        if (transposed) {
            GemmColumns.sum(a, b, depth, sums, sumStep, added, addedStep, start);
        } else {
            GemmRows.sum(a, aStep, ROWS, b, depth, sums, sumStep, added, addedStep, start);
        }
        if (gelu) {
            // In the two steps that NormalMath asks for.
            UnaryLoops.bell(sums, sumStep, free + TILE_BYTES, PANEL_STEP, ROWS);
            UnaryLoops.gelu(sums, sumStep, free + TILE_BYTES, to, step, PANEL_STEP, ROWS);
        }
    }

    /**
     * {@link #multiply} for the last rows of C, fewer than a tile has, by way of the room. The same operations in the same
     * order: what a row becomes does not depend on how many others C has.
     *
     * @param a of ROWS rows, of which {@code rows} count
     */
    void multiplyLast(long a, long aStep, boolean transposed, long b, int depth, int row, int rows, int column,
                      boolean first, boolean last, MemorySegment room, long roomOffset) {
        long at = row * step + (long) column * Float.BYTES;
        long extent = (rows - 1) * step + PANEL_STEP;
        long to = Raw.address(c, offset + at, extent);
        long tile = Raw.address(room, roomOffset, ROOM * TILE_BYTES);
        long added = GemmRows.ZEROS;
        long addedStep = 0;
        if (accumulate || !first || residual != null && isLinear()) {
            added = tile + 2 * TILE_BYTES;
            addedStep = PANEL_STEP;
            move(accumulate || !first ? to : Raw.address(residual, at, extent), step, added, PANEL_STEP, rows, COLUMNS);
        }
        long start = first && bias != null
            ? Raw.address(bias, biasOffset + (long) column * Float.BYTES, PANEL_STEP) : GemmRows.ZEROS;
        if (transposed) {
            GemmColumns.sum(a, b, depth, tile, PANEL_STEP, added, addedStep, start);
        } else {
            GemmRows.sum(a, aStep, rows, b, depth, tile, PANEL_STEP, added, addedStep, start);
        }
        if (last && activation == Activation.GELU) {
            UnaryLoops.bell(tile, PANEL_STEP, tile + TILE_BYTES, PANEL_STEP, rows);
            UnaryLoops.gelu(tile, PANEL_STEP, tile + TILE_BYTES, to, step, PANEL_STEP, rows);
            to = before == null ? 0 : Raw.address(before, at, extent);
        }
        if (to != 0) {
            move(tile, PANEL_STEP, to, step, rows, COLUMNS);
        }
    }

    /** Tiles of room that {@link #take} needs, the finished tile first. */
    static final int ROOM = 8;

    /** Addresses of one tile's part of each matrix; 0 where there is none. */
    private record Places(long c, long before, long residual, long second, long mask, long step, long bias,
                          long scale) {
    }

    /**
     * Takes over a finished tile whose top left element is C[row, column].
     *
     * @param room  ROOM tiles of memory from byte {@code roomOffset} on: the finished tile, the others free to use
     * @param first whether this is the first block of K: what is in C is then not a partial sum, and the bias is added
     * @param last  whether this is the last block of K: activation, scale and residual then follow
     */
    void take(MemorySegment room, long roomOffset, int row, int rows, int column, int columns,
              boolean first, boolean last) {
        long tile = Raw.address(room, roomOffset, ROOM * TILE_BYTES);
        long start = row * step + (long) column * Float.BYTES;
        long extent = (rows - 1) * step + (long) columns * Float.BYTES;
        Places real = new Places(Raw.address(c, offset + start, extent),
            last ? part(before, start, extent) : 0,
            last ? part(residual, start, extent) : 0,
            last ? part(second, start, extent) : 0,
            last ? part(mask, start, extent) : 0,
            step,
            first ? part(bias, biasOffset + (long) column * Float.BYTES, (long) columns * Float.BYTES) : 0,
            last ? part(scale, (long) column * Float.BYTES, (long) columns * Float.BYTES) : 0);
        boolean add = accumulate || !first;
        if (columns == COLUMNS) {
            finish(tile, rows, real, add, last);
        } else {
            ragged(tile, rows, columns, real, add, last);
        }
    }

    private static long part(MemorySegment segment, long at, long bytes) {
        return segment == null ? 0 : Raw.address(segment, at, bytes);
    }

    /** The last columns of C: worked on in full width in the free tiles, so that nothing beyond them is touched. */
    private void ragged(long tile, int rows, int columns, Places real, boolean add, boolean last) {
        long vectors = tile + 4 * TILE_BYTES;
        Places staged = new Places(tile + TILE_BYTES,
            real.before == 0 ? 0 : tile + 2 * TILE_BYTES,
            stage(real.residual, step, tile + 3 * TILE_BYTES, rows, columns),
            stage(real.second, step, tile + 6 * TILE_BYTES, rows, columns),
            stage(real.mask, step, tile + 7 * TILE_BYTES, rows, columns),
            PANEL_STEP,
            stage(real.bias, 0, vectors, 1, columns),
            stage(real.scale, 0, vectors + PANEL_STEP, 1, columns));
        if (add) {
            move(real.c, step, staged.c, PANEL_STEP, rows, columns);
        }
        finish(tile, rows, staged, add, last);
        move(staged.c, PANEL_STEP, real.c, step, rows, columns);
        if (real.before != 0) {
            move(staged.before, PANEL_STEP, real.before, step, rows, columns);
        }
    }

    /** Copies a part of a matrix to {@code room}; returns where it then is, 0 if there is none. */
    private static long stage(long from, long fromStep, long room, int rows, int columns) {
        if (from == 0) {
            return 0;
        }
        move(from, fromStep, room, PANEL_STEP, rows, columns);
        return room;
    }

    private static void move(long from, long fromStep, long to, long toStep, int rows, int columns) {
        for (int r = 0; r < rows; r++) {
            Lines.run(from + r * fromStep, to + r * toStep, columns);
        }
    }

    private void finish(long tile, int rows, Places at, boolean add, boolean last) {
        long former = add ? at.c : 0;
        boolean relu = last && activation == Activation.RELU;
        if (last && activation == Activation.GELU) {
            pass(tile, rows, former, at.step, at.bias, at.before, false, tile, PANEL_STEP);
            // In the two steps that NormalMath asks for.
            long result = tile + 5 * TILE_BYTES;
            UnaryLoops.bell(Raw.ALL, tile, Raw.ALL, result, rows * COLUMNS);
            UnaryLoops.gelu(Raw.ALL, tile, Raw.ALL, result, rows * COLUMNS);
            end(result, rows, at.step, at.scale, at.residual, at.second, at.mask, false, at.c);
        } else if (at.scale != 0 || at.residual != 0 || at.second != 0 || at.mask != 0) {
            pass(tile, rows, former, at.step, at.bias, at.before, false, tile, PANEL_STEP);
            end(tile, rows, at.step, at.scale, at.residual, at.second, at.mask, relu, at.c);
        } else {
            pass(tile, rows, former, at.step, at.bias, at.before, relu, at.c, at.step);
        }
    }

    /** One pass over a tile: [+ former] [+ bias] [kept in before] [ReLU], to its destination or back to the tile. */
    private static void pass(long tile, int rows, long former, long step, long bias, long before, boolean relu,
                             long to, long toStep) {
        for (long shift = 0; shift < PANEL_STEP; shift += BYTES) {
            FloatVector offsets = bias == 0 ? FloatVector.zero(F32) : load(bias + shift);
            for (int r = 0; r < rows; r++) {
                long line = r * step + shift;
                FloatVector value = load(tile + r * PANEL_STEP + shift);
                if (former != 0) {
                    value = load(former + line).add(value);
                }
                if (bias != 0) {
                    value = value.add(offsets);
                }
                if (before != 0) {
                    value.intoMemorySegment(Raw.ALL, before + line, ORDER);
                }
                if (relu) {
                    value = value.max(0);
                }
                value.intoMemorySegment(Raw.ALL, to + r * toStep + shift, ORDER);
            }
        }
    }

    /** The last pass over a tile: [* scale] [+ residual] [+ second] [masked] [ReLU], to its destination. */
    private static void end(long tile, int rows, long step, long scale, long residual, long second, long mask,
                            boolean relu, long to) {
        for (long shift = 0; shift < PANEL_STEP; shift += BYTES) {
            FloatVector factors = scale == 0 ? FloatVector.zero(F32) : load(scale + shift);
            for (int r = 0; r < rows; r++) {
                long line = r * step + shift;
                FloatVector value = load(tile + r * PANEL_STEP + shift);
                if (scale != 0) {
                    value = value.mul(factors);
                }
                if (residual != 0) {
                    value = value.add(load(residual + line));
                }
                if (second != 0) {
                    value = value.add(load(second + line));
                }
                if (mask != 0) {
                    value = value.blend(0, load(mask + line).compare(VectorOperators.LE, 0));
                }
                if (relu) {
                    value = value.max(0);
                }
                value.intoMemorySegment(Raw.ALL, to + line, ORDER);
            }
        }
    }

    private static FloatVector load(long at) {
        return FloatVector.fromMemorySegment(F32, Raw.ALL, at, ORDER);
    }
}
