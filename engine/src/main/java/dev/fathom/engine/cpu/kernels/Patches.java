package dev.fathom.engine.cpu.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The patch matrix of a convolution, as an operand of a product and never in memory as a whole. Its line p is the
 * window of output pixel p (pictures, rows, columns in order), its element e = (i * windowW + j) * channels + channel,
 * zero where the window hangs over the edge.
 *
 * <p>A picture is channels-last, so the elements of one row of the window are one contiguous run of memory, and so are,
 * at a fixed distance, those of the pixels beside it: gathering is copying lines. Only pixels at the left and right
 * edge need zeros before or after their run.
 *
 * @param image    [pictures, height, width, channels] from byte 0 on
 * @param strideH  rows between windows, {@code strideW} columns
 * @param padH     rows of zeros above (those below follow from {@code outH}), {@code padW} columns to the left;
 *                 negative ones mean that the first window starts inside
 * @param relu     whether max(., 0) of every pixel is what the windows see
 */
record Patches(MemorySegment image, int pictures, int height, int width, int channels, int windowH, int windowW,
               int strideH, int strideW, int padH, int padW, int outH, int outW, boolean relu) {

    /** Number of output pixels of all pictures. */
    int pixels() {
        return pictures * outH * outW;
    }

    /** Elements of a window. */
    int elements() {
        return windowH * windowW * channels;
    }

    /** Whether the patch matrix is the picture itself: a 1 x 1 window that visits every pixel. */
    boolean isImage() {
        return windowH == 1 && windowW == 1 && strideH == 1 && strideW == 1 && padH == 0 && padW == 0
            && outH == height && outW == width;
    }

    /** The same without the ReLU. */
    private Patches linear() {
        return new Patches(image, pictures, height, width, channels, windowH, windowW, strideH, strideW, padH, padW,
            outH, outW, false);
    }

    /** A = patches: [pixels, elements]. */
    GemmOperands.Rows asRows() {
        if (relu) {
            GemmOperands.Rows rows = linear().asRows();
            return (row, count, k, depth, to, offset) -> {
                rows.pack(row, count, k, depth, to, offset);
                Lines.relu(to, offset, GemmTile.ROW_STEP, count, depth);
            };
        }
        if (isImage()) {
            return GemmOperands.Matrix.dense(image, 0, channels).asRows();
        }
        return (row, rows, k, depth, to, offset) -> gather(row, rows, k, depth, to, offset, GemmTile.ROW_STEP);
    }

    /** B = patches with the pixels as k: [pixels, elements]. */
    GemmOperands.Panels asPanels() {
        if (relu) {
            GemmOperands.Panels panels = linear().asPanels();
            return (column, columns, k, depth, to, offset) -> {
                panels.pack(column, columns, k, depth, to, offset);
                Lines.relu(to, offset, GemmTile.PANEL_STEP, depth, columns);
            };
        }
        if (isImage()) {
            return GemmOperands.Matrix.dense(image, 0, channels).asPanels();
        }
        return (column, columns, k, depth, to, offset) ->
            gather(k, depth, column, columns, to, offset, GemmTile.PANEL_STEP);
    }

    /** Writes elements [element, element + count) of {@code lines} pixels, line l at {@code offset + l * step}. */
    private void gather(int pixel, int lines, int element, int count, MemorySegment to, long offset, long step) {
        if (lines == 0 || count == 0) {
            return;
        }
        long target = Raw.address(to, offset, (lines - 1) * step + (long) count * Float.BYTES);
        int end = pixel + lines;
        while (pixel < end) {
            int column = pixel % outW;
            int run = Math.min(outW - column, end - pixel);
            outputRow(pixel / outW / outH, pixel / outW % outH, column, run, element, count, target, step);
            pixel += run;
            target += run * step;
        }
    }

    /** A run of pixels of one output row: one row of the window after the other. */
    private void outputRow(int picture, int row, int column, int run, int element, int count, long target, long step) {
        int perRow = windowW * channels;
        int end = element + count;
        for (int from = element; from < end; ) {
            int i = from / perRow;
            int until = Math.min(end, (i + 1) * perRow);
            int y = row * strideH - padH + i;
            long at = target + (long) (from - element) * Float.BYTES;
            if (y < 0 || y >= height) {
                for (int l = 0; l < run; l++) {
                    Lines.zero(at + l * step, until - from);
                }
            } else {
                long firstPixel = (picture * (long) height + y) * width;
                windowRow(firstPixel, column, run, from - i * perRow, until - i * perRow, at, step);
            }
            from = until;
        }
    }

    /**
     * Elements [from, until) of one row of the windows of {@code run} pixels: those whose pixels all lie inside the
     * picture as lines of a copy, the others one by one.
     *
     * @param firstPixel index of the first pixel of the picture's row
     */
    private void windowRow(long firstPixel, int column, int run, int from, int until, long target, long step) {
        int first = from / channels;
        int last = (until - 1) / channels;
        int insideFrom = Math.clamp(Math.ceilDiv(padW - first, strideW), column, column + run);
        int insideTo = Math.clamp(Math.floorDiv(width - 1 - last + padW, strideW) + 1L, insideFrom, column + run);
        for (int c = column; c < insideFrom; c++) {
            edge(firstPixel, c, from, until, target + (c - column) * step);
        }
        if (insideTo > insideFrom) {
            long source = ((firstPixel + (long) insideFrom * strideW - padW) * channels + from) * Float.BYTES;
            Lines.copyTo(image, source, (long) strideW * channels * Float.BYTES,
                target + (insideFrom - column) * step, step, insideTo - insideFrom, until - from);
        }
        for (int c = insideTo; c < column + run; c++) {
            edge(firstPixel, c, from, until, target + (c - column) * step);
        }
    }

    /** One pixel whose window hangs over an edge: zeros, what is inside, zeros. */
    private void edge(long firstPixel, int column, int from, int until, long target) {
        int x = column * strideW - padW;
        int inside = Math.clamp(-(long) x * channels, from, until);
        int beyond = Math.clamp((long) (width - x) * channels, inside, until);
        if (inside > from) {
            Lines.zero(target, inside - from);
        }
        if (beyond > inside) {
            long source = ((firstPixel + x) * channels + inside) * Float.BYTES;
            Lines.copyTo(image, source, 0, target + (long) (inside - from) * Float.BYTES, 0, 1, beyond - inside);
        }
        if (until > beyond) {
            Lines.zero(target + (long) (beyond - from) * Float.BYTES, until - beyond);
        }
    }
}
