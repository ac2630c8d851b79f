package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROWS;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROW_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.TILE_BYTES;

import dev.fathom.engine.cpu.WorkPool;
import java.lang.foreign.MemorySegment;

/**
 * The 3 x 3 convolution with stride 1 by Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray, 2016): a 4 x 4
 * square of output pixels from 36 multiplications a channel pair instead of 144.
 *
 * <p>Y = Aᵀ [ (G g Gᵀ) * (Bᵀ d B) ] A, where d is the 6 x 6 square of input pixels under the window, g the 3 x 3
 * weights and * works place by place; {@link WinogradLoops} has the matrices. Summed over channels, each of the 36
 * places is a matrix product of its own: squares by input channels times input channels by output channels.
 *
 * <p>A task takes a register tile's worth of neighbouring squares at a time: {@link WinogradSquares} transforms their
 * pixels into packed rows, the register tile multiplies them at all 36 places, and {@link #output} transforms back, all
 * within the first two caches. Weights are transformed once a call ({@link WinogradFilters}).
 *
 * <p>Numerics: with the points chosen the error is about twice that of a direct sum. The order of all operations is
 * fixed.
 */
final class Winograd {
    static final int PLACES = 36;
    /**
     * Fewer output pixels than this do not pay for transforming the weights. Of one picture, though a batch has more: a
     * picture's bits do not depend on the company it is in.
     */
    private static final long MIN_PIXELS = 128;
    /** Channels must be whole vectors, at the widest width so that the choice is the same on every machine. */
    private static final int CHANNELS = 16;
    /** Squares of a task, at most: some hundred microseconds of work. */
    private static final int TASK_SQUARES = 8 * ROWS;
    private static final int TASKS = 16;
    /** An odd number of cache lines, so that the places of a square do not fall into the same cache sets. */
    private static final long PRODUCT_STEP = TILE_BYTES + 64;
    private static final int PANEL_LOG = Long.numberOfTrailingZeros(PANEL_STEP);

    private final Patches image;
    private final int outputs;
    private final ConvOutput to;
    /** Where a 1 x 1 convolution to one channel takes the finished pixels instead of {@link #to}'s map; or null. */
    private final PixelDot dot;
    private final WinogradSquares squares;
    private final int panels;
    private final long productsAt;
    private final long columnsAt;
    private final long spareAt;
    private final long roomBytes;

    /** @param image geometry and pixels of the convolution */
    private Winograd(Patches image, int outputs, ConvOutput to, PixelDot dot) {
        this.image = image;
        this.outputs = outputs;
        this.to = to;
        this.dot = dot;
        this.squares = WinogradSquares.of(image, ROWS);
        this.panels = GemmPlan.ceil(outputs, COLUMNS);
        this.productsAt = squares.roomBytes();
        this.columnsAt = productsAt + PLACES * PRODUCT_STEP;
        this.spareAt = columnsAt + 24 * PRODUCT_STEP;
        // Four rows of pixels: those that lie beyond the picture, or all if they go on to a dot product.
        this.roomBytes = spareAt + 4 * spareRow();
    }

    /** Whether a convolution has the shape for it. */
    static boolean fits(Patches image, int outputs) {
        return image.windowH() == 3 && image.windowW() == 3 && image.strideH() == 1 && image.strideW() == 1
            && image.channels() % CHANNELS == 0 && outputs % CHANNELS == 0 && image.channels() <= GemmTile.DEPTH
            && image.channels() > 0 && outputs > 0 && image.pixels() > 0 && image.outH() * image.outW() >= MIN_PIXELS;
    }

    /**
     * y = conv(image, weight), and what follows.
     *
     * @param weight [outputs,3,3,channels]
     * @param to     y is [pictures,outH,outW,outputs]
     */
    static void convolve(Patches image, int outputs, MemorySegment weight, ConvOutput to) {
        new Winograd(image, outputs, to, null).run(weight, false);
    }

    /**
     * The convolution of {@link #convolve}, and of what it gives a 1 x 1 convolution to one channel: a few pixels at a
     * time, so that the map between the two never exists.
     *
     * @param relu whether max(., 0) comes between the two
     */
    static void convolve(Patches image, int outputs, MemorySegment weight, MemorySegment bias, boolean relu,
                         PixelDot dot) {
        new Winograd(image, outputs, new ConvOutput(null, bias, null, null, null, relu), dot).run(weight, false);
    }

    /**
     * The gradient of such a convolution by its picture: the convolution of dy with the weights turned around.
     *
     * @param dy     geometry of the convolution over dy
     * @param weight the forward's weight [channels of dy,3,3,inputs]
     * @param mask   like the result: where it is 0 or less the result becomes 0; or null
     * @param result [pictures,H,W,inputs]
     */
    static void turned(Patches dy, int inputs, MemorySegment weight, MemorySegment mask, MemorySegment result) {
        new Winograd(dy, inputs, ConvOutput.masked(result, mask), null).run(weight, true);
    }

    private void run(MemorySegment weight, boolean turned) {
        MemorySegment weights = WinogradFilters.pack(weight, image.channels(), outputs, turned);
        int groups = GemmPlan.ceil(squares.count(), ROWS);
        int perTask = ROWS * Math.clamp(groups / TASKS, 1, TASK_SQUARES / ROWS);
        WorkPool.shared().run(GemmPlan.ceil(squares.count(), perTask), task -> {
            MemorySegment room = Scratch.buffer(Scratch.Purpose.ROWS, roomBytes);
            squares.prepare(room);
            int end = Math.min(squares.count(), (task + 1) * perTask);
            for (int first = task * perTask; first < end; first += ROWS) {
                group(first, Math.min(ROWS, end - first), weights, room);
            }
        });
    }

    /** Bytes of one row of a square's pixels. */
    private long squareBytes() {
        return 4L * outputs * Float.BYTES;
    }

    private long spareRow() {
        return ROWS * squareBytes();
    }

    private void group(int first, int count, MemorySegment weights, MemorySegment room) {
        squares.transform(first, count, room);
        int channels = image.channels();
        long panelBytes = channels * PANEL_STEP;
        for (int panel = 0; panel < panels; panel++) {
            for (int place = 0; place < PLACES; place++) {
                GemmTile.multiply(room, squares.placeAt(place), weights, ((long) place * panels + panel) * panelBytes,
                    count, channels, room, productsAt + place * PRODUCT_STEP);
            }
            output(first, count, panel, room);
        }
        for (int done = 0; done < count; ) {
            int run = squares.run(first + done, count - done);
            finish(first + done, run, spareAt + done * squareBytes(), room);
            done += run;
        }
    }

    /** Transforms one panel of products of a group back to pixels. */
    private void output(int first, int count, int panel, MemorySegment room) {
        long products = Raw.address(room, productsAt, PLACES * PRODUCT_STEP);
        long columns = Raw.address(room, columnsAt, 24 * PRODUCT_STEP);
        for (int i = 0; i < 6; i++) {
            WinogradLoops.columns(products + 6 * i * PRODUCT_STEP, PRODUCT_STEP, (int) (count * PANEL_STEP),
                columns + 4 * i * PRODUCT_STEP, PRODUCT_STEP);
        }
        for (int done = 0; done < count; ) {
            int run = squares.run(first + done, count - done);
            pixels(first + done, run, panel, columns + done * PANEL_STEP, spareAt + done * squareBytes(), room);
            done += run;
        }
    }

    /** The pixels of some squares beside each other; what lies beyond the edge goes nowhere. */
    private void pixels(int square, int run, int panel, long columns, long spare, MemorySegment room) {
        int width = Math.min(COLUMNS, outputs - panel * COLUMNS);
        long shift = (long) panel * COLUMNS * Float.BYTES;
        long pixelBytes = (long) outputs * Float.BYTES;
        int pixels = Math.min(4 * run, image.outW() - squares.x(square));
        int rows = dot == null ? Math.min(4, image.outH() - squares.y(square)) : 0;
        long[] row = new long[4];
        for (int r = 0; r < 4; r++) {
            row[r] = (r < rows ? Raw.address(to.y(), rowAt(square, r), pixels * pixelBytes)
                : Raw.address(room, spare + r * spareRow(), run * squareBytes())) + shift;
        }
        long bias = to.bias() == null ? 0 : Raw.address(to.bias(), shift, (long) width * Float.BYTES);
        boolean relu = to.relu() && !to.isMore();
        int log = Integer.numberOfTrailingZeros(width * Float.BYTES);
        for (int x = 0; x < 4; x++) {
            // Only the last square of a row can lack this column.
            int squaresHere = (pixels - x + 3) / 4;
            long at = x * pixelBytes;
            WinogradLoops.pixels(columns + x * PRODUCT_STEP, 4 * PRODUCT_STEP, squaresHere, log, PANEL_LOG, bias, relu,
                row[0] + at, row[1] + at, row[2] + at, row[3] + at, 4 * pixelBytes);
        }
    }

    /** Byte of y where row r of a square's pixels begins. */
    private long rowAt(int square, int r) {
        long y = (long) squares.picture(square) * image.outH() + squares.y(square) + r;
        return (y * image.outW() + squares.x(square)) * outputs * Float.BYTES;
    }

    /** What comes after the bias, while the pixels are in cache. */
    private void finish(int square, int run, long spare, MemorySegment room) {
        int rows = Math.min(4, image.outH() - squares.y(square));
        int pixels = Math.min(4 * run, image.outW() - squares.x(square));
        for (int r = 0; r < rows && dot != null; r++) {
            long first = rowAt(square, r) / Float.BYTES / outputs;
            for (int p = 0; p < pixels; p++) {
                dot.pixel(room, spare + r * spareRow() + (long) p * outputs * Float.BYTES, first + p);
            }
        }
        for (int r = 0; r < rows && to.isMore(); r++) {
            to.finish(rowAt(square, r), pixels * outputs);
        }
    }
}
