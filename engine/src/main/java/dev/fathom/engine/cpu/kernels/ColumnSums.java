package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.Floats.all;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.memory.MemoryScope;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Sums over the rows of a matrix, in parallel and in a fixed order: the gradients of a norm's weight and bias, a
 * batch's statistics.
 *
 * <p>The rows are cut into pieces by the shape alone; each piece sums its rows, one after the other, into vectors of
 * its own; these partial sums are then added piece by piece. So the bits do not depend on who summed what, and no sum
 * has a long chain of roundings.
 */
final class ColumnSums {
    private static final int BLOCK = 32;

    private ColumnSums() {
    }

    /** What a piece does: reads rows [from, to) and adds to its sums, which are zero at first. */
    @FunctionalInterface
    interface Piece {
        /**
         * @param at byte offset of this piece's sums in {@code sums}: {@code count} vectors of {@code columns} floats
         */
        void run(long from, long to, MemorySegment sums, long at);
    }

    /**
     * Runs all pieces and writes the totals.
     *
     * @param rows    number of rows; 0 gives zeros
     * @param columns floats a row
     * @param count   number of sums, each a vector of {@code columns} floats
     * @param totals  receives them: {@code count} tensors of {@code columns} elements
     */
    static void run(long rows, int columns, int count, List<Tensor> totals, Piece piece) {
        long size = Chunks.rows(columns);
        int pieces = Math.toIntExact((rows + size - 1) / size);
        int width = count * columns;
        try (MemoryScope scope = MemoryScope.open("column sums")) {
            MemorySegment sums = Tensor.allocate(new TensorSpec(Shape.of(pieces, width), DType.F32),
                    totals.getFirst().device())
                    .segment();
            Chunks.run(rows, size, (from, to) -> {
                long at = from / size * width * 4;
                sums.asSlice(at, 4L * width).fill((byte) 0);
                piece.run(from, to, sums, at);
            });
            for (int i = 0; i < count; i++) {
                total(sums, 4L * i * columns, 4L * width, pieces, totals.get(i).segment(), columns);
            }
        }
    }

    /**
     * The plain sum of each column of a matrix: gradients of biases. Within a piece {@link #BLOCK} rows are summed at a
     * time, so that no chain of roundings is longer than that or than the number of blocks.
     *
     * @param x     [rows, columns] from byte 0 on
     * @param total receives {@code columns} sums
     */
    static void plain(MemorySegment x, long rows, int columns, Tensor total) {
        run(rows, columns, 1, List.of(total), (from, to, sums, at) -> {
            for (long row = from; row < to; row += BLOCK) {
                addBlock(x, 4L * row * columns, (int) Math.min(BLOCK, to - row), columns, sums, at);
            }
        });
    }

    /** sums += sum of some rows. */
    private static void addBlock(MemorySegment x, long first, int rows, int columns, MemorySegment sums, long at) {
        int whole = Floats.whole(columns);
        for (int c = 0; c < whole; c += FLOATS) {
            FloatVector sum = load(x, first + 4L * c);
            for (int r = 1; r < rows; r++) {
                sum = sum.add(load(x, first + 4L * ((long) r * columns + c)));
            }
            sum.add(load(sums, at + 4L * c)).intoMemorySegment(sums, at + 4L * c, ORDER);
        }
        if (whole < columns) {
            VectorMask<Float> rest = Floats.rest(columns);
            FloatVector sum = load(x, first + 4L * whole, rest);
            for (int r = 1; r < rows; r++) {
                sum = sum.add(load(x, first + 4L * ((long) r * columns + whole), rest));
            }
            sum.add(load(sums, at + 4L * whole, rest)).intoMemorySegment(sums, at + 4L * whole, ORDER, rest);
        }
    }

    /** total[c] = sum over pieces of sums[piece][c]. */
    private static void total(MemorySegment sums, long first, long step, int pieces, MemorySegment total, int columns) {
        int whole = Floats.whole(columns);
        for (int c = 0; c < whole; c += FLOATS) {
            FloatVector sum = all(0f);
            for (int p = 0; p < pieces; p++) {
                sum = sum.add(load(sums, first + p * step + 4L * c));
            }
            sum.intoMemorySegment(total, 4L * c, ORDER);
        }
        if (whole < columns) {
            VectorMask<Float> rest = Floats.rest(columns);
            FloatVector sum = all(0f);
            for (int p = 0; p < pieces; p++) {
                sum = sum.add(load(sums, first + p * step + 4L * whole, rest));
            }
            sum.intoMemorySegment(total, 4L * whole, ORDER, rest);
        }
    }
}
