package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    public enum Activation { NONE, RELU }

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

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

    /**
     * Takes over a finished tile whose top left element is C[row, column].
     *
     * @param first whether this is the first block of K: what is in C is then not a partial sum
     * @param last  whether this is the last block of K: bias, activation and residual then follow
     */
    void take(MemorySegment tile, long tileOffset, int row, int rows, int column, int columns,
              boolean first, boolean last) {
        long start = row * step + (long) column * Float.BYTES;
        long extent = (rows - 1) * step + (long) columns * Float.BYTES;
        long at = Raw.address(c, offset + start, extent);
        long tileAt = Raw.address(tile, tileOffset, rows * PANEL_STEP);
        boolean add = accumulate || !first;
        long biasAt = last && bias != null
            ? Raw.address(bias, biasOffset + (long) column * Float.BYTES, (long) columns * Float.BYTES) : 0;
        long beforeAt = last && before != null ? Raw.address(before, start, extent) : 0;
        long residualAt = last && residual != null ? Raw.address(residual, start, extent) : 0;
        boolean relu = last && activation == Activation.RELU;
        if (columns == COLUMNS) {
            full(tileAt, at, rows, add, biasAt, beforeAt, relu, residualAt);
        } else {
            ragged(tileAt, at, rows, columns, add, biasAt, beforeAt, relu, residualAt);
        }
    }

    /** Tiles of full width, in vectors. An address of 0 means: there is none. */
    private void full(long tile, long at, int rows, boolean add, long biasAt, long beforeAt, boolean relu,
                      long residualAt) {
        for (int half = 0; half < 2; half++) {
            long shift = half * (long) BYTES;
            FloatVector offsets = biasAt == 0 ? FloatVector.zero(F32) : load(biasAt + shift);
            for (int r = 0; r < rows; r++) {
                long line = r * step + shift;
                FloatVector value = load(tile + r * PANEL_STEP + shift);
                if (add) {
                    value = load(at + line).add(value);
                }
                if (biasAt != 0) {
                    value = value.add(offsets);
                }
                if (beforeAt != 0) {
                    value.intoMemorySegment(Raw.ALL, beforeAt + line, ORDER);
                }
                if (relu) {
                    value = value.max(0);
                }
                if (residualAt != 0) {
                    value = value.add(load(residualAt + line));
                }
                value.intoMemorySegment(Raw.ALL, at + line, ORDER);
            }
        }
    }

    /** The last columns of C, one element at a time: nothing beyond them is touched. */
    private void ragged(long tile, long at, int rows, int columns, boolean add, long biasAt, long beforeAt,
                        boolean relu, long residualAt) {
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < columns; j++) {
                long shift = (long) j * Float.BYTES;
                long line = r * step + shift;
                float value = Raw.ALL.get(FLOAT, tile + r * PANEL_STEP + shift);
                if (add) {
                    value = Raw.ALL.get(FLOAT, at + line) + value;
                }
                if (biasAt != 0) {
                    value += Raw.ALL.get(FLOAT, biasAt + shift);
                }
                if (beforeAt != 0) {
                    Raw.ALL.set(FLOAT, beforeAt + line, value);
                }
                if (relu) {
                    value = Math.max(value, 0);
                }
                if (residualAt != 0) {
                    value += Raw.ALL.get(FLOAT, residualAt + line);
                }
                Raw.ALL.set(FLOAT, at + line, value);
            }
        }
    }

    private static FloatVector load(long at) {
        return FloatVector.fromMemorySegment(F32, Raw.ALL, at, ORDER);
    }
}
