package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.Floats.all;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.memory.MemoryScope;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Sums over the rows of a matrix, in parallel and in a fixed order: the gradients of a norm's weight and bias, a batch's statistics.
 *
 * <p>The rows are cut into pieces by the shape alone; each piece sums its rows, one after the other, into vectors of its own; these
 * partial sums are then added piece by piece. So the bits do not depend on who summed what, and no sum has a long chain of roundings.
 */
final class ColumnSums {
    private ColumnSums() {
    }

    /** What a piece does: reads rows [from, to) and adds to its sums, which are zero at first. */
    @FunctionalInterface
    interface Piece {
        /** @param at byte offset of this piece's sums in {@code sums}: {@code count} vectors of {@code columns} floats */
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
            MemorySegment sums = Tensor.allocate(new TensorSpec(Shape.of(pieces, width), DType.F32), Device.CPU).segment();
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
