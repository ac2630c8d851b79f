package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROWS;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROW_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.TILE_BYTES;

import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.cpu.kernels.GemmOperands.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * The 3 x 3 convolution with stride 1 by Winograd's minimal filtering F(2 x 2, 3 x 3) (Lavin and Gray, 2016): a 2 x 2
 * square of output pixels from 16 multiplications a channel pair instead of 36.
 *
 * <p>Y = Aᵀ [ (G g Gᵀ) * (Bᵀ d B) ] A, where d is the 4 x 4 square of input pixels under the window, g the 3 x 3
 * weights and * works place by place. Summed over channels, each of the 16 places is a matrix product of its own:
 * squares by input channels times input channels by output channels.
 *
 * <p>A task takes a few squares at a time: transforms their pixels straight into packed rows, runs the register tile
 * for all 16 places, and transforms back into the result, all within the first two caches. Weights are transformed once
 * a call.
 *
 * <p>Numerics: the transforms only add and halve; the error is two to three times that of a direct sum. The order of
 * all operations is fixed.
 */
final class Winograd {
    /** Fewer output pixels than this do not pay for transforming the weights. */
    private static final long MIN_PIXELS = 128;
    /** Channels must be whole vectors, at the widest width so that the choice is the same on every machine. */
    private static final int CHANNELS = 16;
    /** Transformed pixels of a group of squares: at most about this many bytes. */
    private static final int GROUP_BYTES = 1 << 15;
    /** Squares of a task, about: some hundred microseconds of work. */
    private static final int TASK_SQUARES = 256;
    private static final int PLACES = 16;

    private final Patches image;
    private final int outputs;
    private final ConvOutput to;
    /** Where a 1 x 1 convolution to one channel takes the finished pixels instead of {@link #to}'s map; or null. */
    private final PixelDot dot;
    private final WinogradSquares squares;
    private final int group;
    private final int panels;
    private final long panelBytes;
    private MemorySegment weights;

    /** @param image geometry and pixels of the convolution */
    private Winograd(Patches image, int outputs, ConvOutput to, PixelDot dot) {
        this.image = image;
        this.outputs = outputs;
        this.to = to;
        this.dot = dot;
        this.squares = WinogradSquares.ofPixels(image);
        int perTile = PLACES * ROWS * image.channels() * Float.BYTES;
        this.group = ROWS * Math.clamp(GROUP_BYTES / perTile, 1, 4);
        this.panels = GemmPlan.ceil(outputs, COLUMNS);
        this.panelBytes = image.channels() * PANEL_STEP;
    }

    /** Whether a convolution has the shape for it. */
    static boolean fits(Patches image, int outputs) {
        return image.windowH() == 3 && image.windowW() == 3 && image.strideH() == 1 && image.strideW() == 1
            && image.channels() % CHANNELS == 0 && outputs % CHANNELS == 0 && image.channels() <= GemmTile.DEPTH
            && image.channels() > 0 && outputs > 0 && image.pixels() >= MIN_PIXELS;
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
     * The convolution of {@link #convolve}, and of what it gives a 1 x 1 convolution to one channel: four pixels at a
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
        weights = packWeights(weight, turned);
        int perTask = GemmPlan.ceil(TASK_SQUARES, group) * group;
        WorkPool.shared().run(GemmPlan.ceil(squares.count(), perTask), task -> {
            MemorySegment room = Scratch.buffer(Scratch.Purpose.ROWS, roomBytes());
            int end = Math.min(squares.count(), (task + 1) * perTask);
            for (int first = task * perTask; first < end; first += group) {
                group(first, Math.min(group, end - first), room);
            }
        });
    }

    /** All 16 transformed weight matrices, as panels: [place][panel][input channel][COLUMNS]. */
    private MemorySegment packWeights(MemorySegment weight, boolean turned) {
        int channels = image.channels();
        int lines = turned ? channels : outputs;
        int width = turned ? outputs : channels;
        MemorySegment raw = Scratch.buffer(Scratch.Purpose.MATRIX, (long) PLACES * lines * width * Float.BYTES);
        long place = (long) lines * width * Float.BYTES;
        WorkPool.shared().run(lines, line ->
            WinogradTransforms.weights(weight, 9L * line * width * Float.BYTES, turned, width,
                raw, (long) line * width * Float.BYTES, place));
        MemorySegment packed = Scratch.buffer(Scratch.Purpose.PANELS, PLACES * panels * panelBytes);
        WorkPool.shared().run(PLACES * panels, piece -> {
            int column = piece % panels * COLUMNS;
            Matrix matrix = Matrix.dense(raw, piece / panels * place, width);
            GemmOperands.Panels source = turned ? matrix.asPanels() : matrix.asPanelsTransposed();
            source.pack(column, Math.min(COLUMNS, outputs - column), 0, channels, packed, piece * panelBytes);
        });
        return packed;
    }

    /** A task's room: packed rows of all places, then their products, then the pixels of a square at the edge. */
    private long roomBytes() {
        return productsAt() + (long) PLACES * panels * (group / ROWS) * TILE_BYTES + edgeBytes();
    }

    private long productsAt() {
        return (long) PLACES * group * ROW_STEP;
    }

    private long edgeBytes() {
        return (long) Float.BYTES * Math.max(PLACES * image.channels(), 4 * outputs);
    }

    private long edgeAt(MemorySegment room) {
        return room.byteSize() - edgeBytes();
    }

    private long productAt(int place, int panel, int tile) {
        return productsAt() + (((long) place * panels + panel) * (group / ROWS) + tile) * TILE_BYTES;
    }

    private void group(int first, int count, MemorySegment room) {
        for (int i = 0; i < count; i++) {
            squares.transform(first + i, room, edgeAt(room), 0, i * ROW_STEP, image.channels(), 0, group * ROW_STEP);
        }
        int channels = image.channels();
        for (int place = 0; place < PLACES; place++) {
            for (int panel = 0; panel < panels; panel++) {
                long panelAt = ((long) place * panels + panel) * panelBytes;
                for (int r = 0; r < count; r += ROWS) {
                    GemmTile.multiply(room, ((long) place * group + r) * ROW_STEP, weights, panelAt,
                        Math.min(ROWS, count - r), channels, room, productAt(place, panel, r / ROWS));
                }
            }
        }
        for (int i = 0; i < count; i++) {
            output(first + i, room, i);
        }
    }

    /** Transforms the products of one square back to its 2 x 2 pixels; what lies beyond the edge goes nowhere. */
    private void output(int square, MemorySegment room, int i) {
        int y = square / squares.squaresW() % squares.squaresH() * 2;
        int x = square % squares.squaresW() * 2;
        int picture = square / squares.squaresW() / squares.squaresH();
        long pixelBytes = (long) outputs * Float.BYTES;
        long rowBytes = image.outW() * pixelBytes;
        long start = ((long) picture * image.outH() + y) * rowBytes + x * pixelBytes;
        boolean inside = dot == null && y + 2 <= image.outH() && x + 2 <= image.outW();
        long edge = edgeAt(room);
        MemorySegment target = inside ? to.y() : room;
        boolean relu = to.relu() && !to.isMore();
        for (int panel = 0; panel < panels; panel++) {
            int column = panel * COLUMNS;
            long shift = (long) column * Float.BYTES;
            WinogradTransforms.output(room, productAt(0, panel, i / ROWS) + i % ROWS * PANEL_STEP,
                productAt(1, 0, 0) - productAt(0, 0, 0), Math.min(COLUMNS, outputs - column), to.bias(), shift, relu,
                target, (inside ? start : edge) + shift, inside ? rowBytes : 2 * pixelBytes, pixelBytes);
        }
        int rows = Math.min(2, image.outH() - y);
        int columns = Math.min(2, image.outW() - x);
        if (dot != null) {
            for (int p = 0; p < rows * columns; p++) {
                long pixel = ((long) picture * image.outH() + y + p / columns) * image.outW() + x + p % columns;
                dot.pixel(room, edge + (p / columns * 2 + p % columns) * pixelBytes, pixel);
            }
            return;
        }
        for (int r = 0; r < rows && !inside; r++) {
            MemorySegment.copy(room, edge + r * 2 * pixelBytes, to.y(), start + r * rowBytes, columns * pixelBytes);
        }
        for (int r = 0; r < rows && to.isMore(); r++) {
            to.finish(start + r * rowBytes, columns * outputs);
        }
    }
}
