package dev.fathom.engine.cpu.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Where the two operands of a product come from. A product never sees its operands, only these two ways to pack a block
 * of them; so a convolution is a product whose packing gathers patches of an image, and no patch matrix ever exists.
 */
public final class GemmOperands {

    /** Packs blocks of A, an M x K matrix. */
    @FunctionalInterface
    public interface Rows {
        /**
         * Writes A[row .. row+rows-1, k .. k+depth-1] to {@code to}: row i at {@code offset + i * GemmTile.ROW_STEP}.
         * {@code depth} is at most {@link GemmTile#DEPTH}. If A {@linkplain #isTransposed() is transposed} it writes
         * groups of {@link GemmTile#GROUP} rows instead: group g at {@code offset + g * GemmTile.GROUP_BYTES}, in it
         * one element of each row for the first k, and so on.
         */
        void pack(int row, int rows, int k, int depth, MemorySegment to, long offset);

        /**
         * Whether elements of one k lie together in memory and those of one row far apart: packing wants many rows at a
         * time then, and should not be repeated.
         */
        default boolean isTransposed() {
            return false;
        }

        /** The matrix whose lines are the rows of A, if there is one: tiles then read it where it is. Else null. */
        default Matrix inPlace() {
            return null;
        }
    }

    /** Packs panels of B, a K x N matrix. */
    @FunctionalInterface
    public interface Panels {
        /**
         * Writes B[k .. k+depth-1, column .. column+columns-1] to {@code to}: line i at
         * {@code offset + i * GemmTile.PANEL_STEP}. {@code columns} is at most {@link GemmTile#COLUMNS}; what follows
         * them in a line need not be written, it only ever reaches columns of a tile that are dropped.
         */
        void pack(int column, int columns, int k, int depth, MemorySegment to, long offset);
    }

    /**
     * Lines of contiguous floats in memory, {@code step} bytes apart, the first at byte {@code offset}.
     * What a line is (a row of A, a column of B, all elements of one k) is for the method that reads it.
     */
    public record Matrix(MemorySegment segment, long offset, long step) {

        /** A dense matrix with {@code width} floats a line. */
        public static Matrix dense(MemorySegment segment, long offset, long width) {
            return new Matrix(segment, offset, width * Float.BYTES);
        }

        /** The address of a part of this, after a check that its lines lie in the segment. */
        long address(int line, int lines, int position, int width) {
            return Raw.address(segment, at(line, position), (lines - 1) * step + (long) width * Float.BYTES);
        }

        private long at(int line, int position) {
            return offset + line * step + (long) position * Float.BYTES;
        }

        /** A = this: line m holds A[m, :]. */
        public Rows asRows() {
            return new PlainRows(this);
        }

        /** A = transpose of this: line k holds A[:, k]. */
        public Rows asRowsTransposed() {
            return new TransposedRows(this);
        }

        /** B = this: line k holds B[k, :]. */
        public Panels asPanels() {
            return (column, columns, k, depth, to, start) -> Lines.copy(segment, at(k, column), step,
                to, start, GemmTile.PANEL_STEP, depth, columns);
        }

        /** B = transpose of this: line n holds B[:, n]. PyTorch's linear weights [out, in] are this. */
        public Panels asPanelsTransposed() {
            return (column, columns, k, depth, to, start) -> Lines.transpose(segment, at(column, k), step,
                to, start, GemmTile.PANEL_STEP, columns, depth);
        }
    }

    private record PlainRows(Matrix inPlace) implements Rows {
        @Override
        public void pack(int row, int rows, int k, int depth, MemorySegment to, long offset) {
            Lines.copy(inPlace.segment, inPlace.at(row, k), inPlace.step, to, offset, GemmTile.ROW_STEP, rows, depth);
        }
    }

    private record TransposedRows(Matrix lines) implements Rows {
        @Override
        public void pack(int row, int rows, int k, int depth, MemorySegment to, long offset) {
            Lines.deal(lines.segment, lines.at(k, row), lines.step, to, offset, GemmTile.LINE_STEP,
                GemmTile.GROUP, GemmTile.GROUP_BYTES, depth, rows);
        }

        @Override
        public boolean isTransposed() {
            return true;
        }
    }

    private GemmOperands() {
    }
}
