package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.TILE_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * What becomes of a product's sums: C = activation(sums [+ C] + bias) + residual, written tile by tile while the tile
 * is still in the first cache, so that none of it costs a pass over memory.
 *
 * @param c           C, rows {@code step} bytes apart, the first at byte {@code offset}
 * @param accumulate  whether the former content of C is added (beta = 1) or overwritten (beta = 0)
 * @param bias        N floats from byte {@code biasOffset} on, or null
 * @param activation  applied after the bias
 * @param before      receives what the activation is applied to (for its gradient), laid out as C from byte 0 on, or
 *                    null
 * @param residual    added after the activation, laid out as C from byte 0 on, or null
 */
public record GemmOutput(MemorySegment c, long offset, long step, boolean accumulate,
                         MemorySegment bias, long biasOffset, Activation activation,
                         MemorySegment before, MemorySegment residual) {

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
        return new GemmOutput(c, offset, step, false, null, 0, Activation.NONE, null, null);
    }

    /** C = C + sums. */
    public GemmOutput accumulating() {
        return new GemmOutput(c, offset, step, true, bias, biasOffset, activation, before, residual);
    }

    /** With a bias added to every row; null for none. */
    public GemmOutput withBias(MemorySegment values, long at) {
        return new GemmOutput(c, offset, step, accumulate, values, at, activation, before, residual);
    }

    /** With an activation, and a place for what it is applied to (or null). */
    public GemmOutput withActivation(Activation function, MemorySegment preactivation) {
        return new GemmOutput(c, offset, step, accumulate, bias, biasOffset, function, preactivation, residual);
    }

    /** With a matrix of C's layout added last. */
    public GemmOutput withResidual(MemorySegment values) {
        return new GemmOutput(c, offset, step, accumulate, bias, biasOffset, activation, before, values);
    }

    /** Tiles of room that {@link #take} needs, the finished tile first. */
    static final int ROOM = 6;

    /** Addresses of one tile's part of each matrix; 0 where there is none. */
    private record Places(long c, long before, long residual, long step, long bias) {
    }

    /**
     * Takes over a finished tile whose top left element is C[row, column].
     *
     * @param room  ROOM tiles of memory from byte {@code roomOffset} on: the finished tile, the others free to use
     * @param first whether this is the first block of K: what is in C is then not a partial sum
     * @param last  whether this is the last block of K: bias, activation and residual then follow
     */
    void take(MemorySegment room, long roomOffset, int row, int rows, int column, int columns,
              boolean first, boolean last) {
        long tile = Raw.address(room, roomOffset, ROOM * TILE_BYTES);
        long start = row * step + (long) column * Float.BYTES;
        long extent = (rows - 1) * step + (long) columns * Float.BYTES;
        Places real = new Places(Raw.address(c, offset + start, extent),
            last && before != null ? Raw.address(before, start, extent) : 0,
            last && residual != null ? Raw.address(residual, start, extent) : 0,
            step,
            last && bias != null ? Raw.address(bias, biasOffset + (long) column * Float.BYTES,
                (long) columns * Float.BYTES) : 0);
        boolean add = accumulate || !first;
        if (columns == COLUMNS) {
            finish(tile, rows, real, add, last);
        } else {
            ragged(tile, rows, columns, real, add, last);
        }
    }

    /** The last columns of C: worked on in full width in the free tiles, so that nothing beyond them is touched. */
    private void ragged(long tile, int rows, int columns, Places real, boolean add, boolean last) {
        Places staged = new Places(tile + TILE_BYTES, real.before == 0 ? 0 : tile + 2 * TILE_BYTES,
            real.residual == 0 ? 0 : tile + 3 * TILE_BYTES, PANEL_STEP, real.bias == 0 ? 0 : tile + 4 * TILE_BYTES);
        if (add) {
            move(real.c, step, staged.c, PANEL_STEP, rows, columns);
        }
        if (real.bias != 0) {
            move(real.bias, 0, staged.bias, 0, 1, columns);
        }
        if (real.residual != 0) {
            move(real.residual, step, staged.residual, PANEL_STEP, rows, columns);
        }
        finish(tile, rows, staged, add, last);
        move(staged.c, PANEL_STEP, real.c, step, rows, columns);
        if (real.before != 0) {
            move(staged.before, PANEL_STEP, real.before, step, rows, columns);
        }
    }

    private static void move(long from, long fromStep, long to, long toStep, int rows, int columns) {
        for (int r = 0; r < rows; r++) {
            Lines.run(from + r * fromStep, to + r * toStep, columns);
        }
    }

    private void finish(long tile, int rows, Places at, boolean add, boolean last) {
        if (last && activation == Activation.GELU) {
            pass(tile, rows, add ? at.c : 0, at.step, at.bias, at.before, false, 0, tile, PANEL_STEP);
            // In the two steps that NormalMath asks for.
            long result = tile + 5 * TILE_BYTES;
            UnaryLoops.bell(Raw.ALL, tile, Raw.ALL, result, rows * COLUMNS);
            UnaryLoops.gelu(Raw.ALL, tile, Raw.ALL, result, rows * COLUMNS);
            pass(result, rows, 0, at.step, 0, 0, false, at.residual, at.c, at.step);
        } else {
            boolean relu = last && activation == Activation.RELU;
            pass(tile, rows, add ? at.c : 0, at.step, at.bias, at.before, relu, at.residual, at.c, at.step);
        }
    }

    /** One pass over a tile: [+ former] [+ bias] [kept in before] [ReLU] [+ residual], to its destination. */
    private static void pass(long tile, int rows, long former, long step, long bias, long before, boolean relu,
                             long residual, long to, long toStep) {
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
                if (residual != 0) {
                    value = value.add(load(residual + line));
                }
                value.intoMemorySegment(Raw.ALL, to + r * toStep + shift, ORDER);
            }
        }
    }

    private static FloatVector load(long at) {
        return FloatVector.fromMemorySegment(F32, Raw.ALL, at, ORDER);
    }
}
