package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;

/**
 * The linear maps of F(4 x 4, 3 x 3), channels in the lanes: {@link Winograd} says what they are for.
 *
 * <p>The algorithm multiplies polynomials by their values at six points, here 0, a, -a, b, -b and infinity with a = 5/8
 * and b = 3/2. The usual points 0, 1, -1, 2, -2 make the error four times that of a direct sum, because powers of 2 and
 * their inverses are added to each other; these make it twice (measured, 32 and 64 channels), at the same cost: where
 * the usual points double and halve, these multiply and add in one instruction.
 *
 * <pre>
 *      [ a²b²   0   -a²-b²    0     1   0 ]        [ 1/f₀   0      0    ]         [ 1  1   1   1   1   0 ]
 *      [ 0    -ab²   -b²      a     1   0 ]        [ 1/fₐ   a/fₐ   a²/fₐ]    Aᵀ = [ 0  a  -a   b  -b   0 ]
 * Bᵀ = [ 0     ab²   -b²     -a     1   0 ]    G = [ 1/fₐ  -a/fₐ   a²/fₐ]         [ 0  a²  a²  b²  b²  0 ]
 *      [ 0    -a²b   -a²      b     1   0 ]        [ 1/f_b  b/f_b  b²/f_b]        [ 0  a³ -a³  b³ -b³  1 ]
 *      [ 0     a²b   -a²     -b     1   0 ]        [ 1/f_b -b/f_b  b²/f_b]
 *      [ 0     a²b²   0    -a²-b²   0   1 ]        [ 0      0      1    ]
 *
 * f₀ = a²b²,  fₐ = 2a²(a² - b²),  f_b = 2b²(b² - a²)
 * </pre>
 *
 * <p>A map of a square is one of its columns, then one of its rows; place (i, j) of a transformed square has number
 * 6 i + j. Each half is a loop of its own that meets the other in the first cache: a whole square would need more
 * registers than there are. Addresses are checked by the callers.
 */
final class WinogradLoops {
    private static final float A = 0.625f;
    private static final float B = 1.5f;
    private static final float A2 = A * A;
    private static final float B2 = B * B;
    private static final float A3 = A2 * A;
    private static final float B3 = B2 * B;
    private static final float PRODUCT = A2 * B2;
    private static final float SUM = A2 + B2;
    private static final float OF_ZERO = (float) (1 / ((double) A2 * B2));
    private static final float OF_A = (float) (1 / (2.0 * A2 * (A2 - B2)));
    private static final float OF_B = (float) (1 / (2.0 * B2 * (B2 - A2)));
    private static final float A_OF_A = (float) (A / (2.0 * A2 * (A2 - B2)));
    private static final float B_OF_B = (float) (B / (2.0 * B2 * (B2 - A2)));

    private WinogradLoops() {
    }

    /**
     * Bᵀ d of six rows of pixels: line i of the result at {@code to + i * step}.
     *
     * @param r0    address of the first row's floats, and so on to the sixth
     * @param bytes of a row, a multiple of a vector's
     * @param relu  whether d is max(pixels, 0)
     */
    static void down(long r0, long r1, long r2, long r3, long r4, long r5, int bytes, boolean relu, long to,
                     long step) {
        // One loop for both: a maximum with minus infinity changes nothing, not even a NaN.
        FloatVector least = FloatVector.broadcast(F32, relu ? 0 : Float.NEGATIVE_INFINITY);
        for (int at = 0; at < bytes; at += BYTES) {
            FloatVector d0 = FloatVector.fromMemorySegment(F32, Raw.ALL, (r0 + at) & Raw.REACH, ORDER).max(least);
            FloatVector d1 = FloatVector.fromMemorySegment(F32, Raw.ALL, (r1 + at) & Raw.REACH, ORDER).max(least);
            FloatVector d2 = FloatVector.fromMemorySegment(F32, Raw.ALL, (r2 + at) & Raw.REACH, ORDER).max(least);
            FloatVector d3 = FloatVector.fromMemorySegment(F32, Raw.ALL, (r3 + at) & Raw.REACH, ORDER).max(least);
            FloatVector d4 = FloatVector.fromMemorySegment(F32, Raw.ALL, (r4 + at) & Raw.REACH, ORDER).max(least);
            FloatVector d5 = FloatVector.fromMemorySegment(F32, Raw.ALL, (r5 + at) & Raw.REACH, ORDER).max(least);
            FloatVector evenA = d2.fma(FloatVector.broadcast(F32, -B2), d4);
            FloatVector oddA = d1.fma(FloatVector.broadcast(F32, -B2), d3).mul(A);
            FloatVector evenB = d2.fma(FloatVector.broadcast(F32, -A2), d4);
            FloatVector oddB = d1.fma(FloatVector.broadcast(F32, -A2), d3).mul(B);
            long target = (to + at) & Raw.REACH;
            d0.fma(FloatVector.broadcast(F32, PRODUCT), d2.fma(FloatVector.broadcast(F32, -SUM), d4))
                .intoMemorySegment(Raw.ALL, target, ORDER);
            evenA.add(oddA).intoMemorySegment(Raw.ALL, (to + step + at) & Raw.REACH, ORDER);
            evenA.sub(oddA).intoMemorySegment(Raw.ALL, (to + 2 * step + at) & Raw.REACH, ORDER);
            evenB.add(oddB).intoMemorySegment(Raw.ALL, (to + 3 * step + at) & Raw.REACH, ORDER);
            evenB.sub(oddB).intoMemorySegment(Raw.ALL, (to + 4 * step + at) & Raw.REACH, ORDER);
            d1.fma(FloatVector.broadcast(F32, PRODUCT), d3.fma(FloatVector.broadcast(F32, -SUM), d5))
                .intoMemorySegment(Raw.ALL, (to + 5 * step + at) & Raw.REACH, ORDER);
        }
    }

    /**
     * The same map along a line of {@link #down}'s result: the six places (i, 0) to (i, 5) of neighbouring squares,
     * which begin four pixels apart.
     *
     * @param from    address of the line's first pixel
     * @param pixel   bytes of a pixel, a multiple of a vector's
     * @param squares how many
     * @param t0      address of the first square's place (i, 0), and so on to place (i, 5)
     * @param rowStep bytes from one square of the result to the next
     */
    static void across(long from, int pixel, int squares, long t0, long t1, long t2, long t3, long t4, long t5,
                       long rowStep) {
        long source = from;
        long shift = 0;
        int channel = 0;
        int vectors = squares * (pixel / BYTES);
        for (int v = 0; v < vectors; v++) {
            FloatVector d0 = FloatVector.fromMemorySegment(F32, Raw.ALL, source & Raw.REACH, ORDER);
            FloatVector d1 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + pixel) & Raw.REACH, ORDER);
            FloatVector d2 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + 2L * pixel) & Raw.REACH, ORDER);
            FloatVector d3 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + 3L * pixel) & Raw.REACH, ORDER);
            FloatVector d4 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + 4L * pixel) & Raw.REACH, ORDER);
            FloatVector d5 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + 5L * pixel) & Raw.REACH, ORDER);
            FloatVector evenA = d2.fma(FloatVector.broadcast(F32, -B2), d4);
            FloatVector oddA = d1.fma(FloatVector.broadcast(F32, -B2), d3).mul(A);
            FloatVector evenB = d2.fma(FloatVector.broadcast(F32, -A2), d4);
            FloatVector oddB = d1.fma(FloatVector.broadcast(F32, -A2), d3).mul(B);
            d0.fma(FloatVector.broadcast(F32, PRODUCT), d2.fma(FloatVector.broadcast(F32, -SUM), d4))
                .intoMemorySegment(Raw.ALL, (t0 + shift) & Raw.REACH, ORDER);
            evenA.add(oddA).intoMemorySegment(Raw.ALL, (t1 + shift) & Raw.REACH, ORDER);
            evenA.sub(oddA).intoMemorySegment(Raw.ALL, (t2 + shift) & Raw.REACH, ORDER);
            evenB.add(oddB).intoMemorySegment(Raw.ALL, (t3 + shift) & Raw.REACH, ORDER);
            evenB.sub(oddB).intoMemorySegment(Raw.ALL, (t4 + shift) & Raw.REACH, ORDER);
            d1.fma(FloatVector.broadcast(F32, PRODUCT), d3.fma(FloatVector.broadcast(F32, -SUM), d5))
                .intoMemorySegment(Raw.ALL, (t5 + shift) & Raw.REACH, ORDER);
            source += BYTES;
            shift += BYTES;
            channel += BYTES;
            if (channel == pixel) {
                channel = 0;
                source += 3L * pixel;
                shift += rowStep - pixel;
            }
        }
    }

    /**
     * m A of one line of places: the four columns of the products (i, 0) to (i, 5).
     *
     * @param from  address of place (i, 0), {@code step} bytes between places
     * @param bytes at each place, a multiple of a vector's
     * @param to    receives the four columns, {@code toStep} bytes apart
     */
    static void columns(long from, long step, int bytes, long to, long toStep) {
        for (int at = 0; at < bytes; at += BYTES) {
            FloatVector m0 = FloatVector.fromMemorySegment(F32, Raw.ALL, (from + at) & Raw.REACH, ORDER);
            FloatVector m1 = FloatVector.fromMemorySegment(F32, Raw.ALL, (from + step + at) & Raw.REACH, ORDER);
            FloatVector m2 = FloatVector.fromMemorySegment(F32, Raw.ALL, (from + 2 * step + at) & Raw.REACH, ORDER);
            FloatVector m3 = FloatVector.fromMemorySegment(F32, Raw.ALL, (from + 3 * step + at) & Raw.REACH, ORDER);
            FloatVector m4 = FloatVector.fromMemorySegment(F32, Raw.ALL, (from + 4 * step + at) & Raw.REACH, ORDER);
            FloatVector m5 = FloatVector.fromMemorySegment(F32, Raw.ALL, (from + 5 * step + at) & Raw.REACH, ORDER);
            FloatVector sumA = m1.add(m2);
            FloatVector sumB = m3.add(m4);
            FloatVector gapA = m1.sub(m2);
            FloatVector gapB = m3.sub(m4);
            m0.add(sumA).add(sumB).intoMemorySegment(Raw.ALL, (to + at) & Raw.REACH, ORDER);
            gapB.fma(FloatVector.broadcast(F32, B), gapA.mul(A))
                .intoMemorySegment(Raw.ALL, (to + toStep + at) & Raw.REACH, ORDER);
            sumB.fma(FloatVector.broadcast(F32, B2), sumA.mul(A2))
                .intoMemorySegment(Raw.ALL, (to + 2 * toStep + at) & Raw.REACH, ORDER);
            gapB.fma(FloatVector.broadcast(F32, B3), gapA.fma(FloatVector.broadcast(F32, A3), m5))
                .intoMemorySegment(Raw.ALL, (to + 3 * toStep + at) & Raw.REACH, ORDER);
        }
    }

    /**
     * Aᵀ of what {@link #columns} has made for one column x, plus bias: that column's four pixels of each square.
     *
     * @param from    address of line 0's column x, {@code step} bytes from line to line; squares follow each other
     * @param squares how many
     * @param log     a square has {@code 1 << log} bytes that count, of {@code 1 << fullLog}
     * @param bias    address of the bias, or 0
     * @param y0      address of the first square's pixel (0, x), and so on for the rows to y3
     * @param yStep   bytes from one square's pixel to the next one's
     */
    static void pixels(long from, long step, int squares, int log, int fullLog, long bias, boolean relu,
                       long y0, long y1, long y2, long y3, long yStep) {
        FloatVector least = FloatVector.broadcast(F32, relu ? 0 : Float.NEGATIVE_INFINITY);
        int bytes = squares << log;
        for (int at = 0; at < bytes; at += BYTES) {
            long square = at >> log;
            long channel = at & ((1 << log) - 1);
            long source = from + (square << fullLog) + channel;
            long shift = square * yStep + channel;
            FloatVector m0 = FloatVector.fromMemorySegment(F32, Raw.ALL, source & Raw.REACH, ORDER);
            FloatVector m1 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + step) & Raw.REACH, ORDER);
            FloatVector m2 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + 2 * step) & Raw.REACH, ORDER);
            FloatVector m3 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + 3 * step) & Raw.REACH, ORDER);
            FloatVector m4 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + 4 * step) & Raw.REACH, ORDER);
            FloatVector m5 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + 5 * step) & Raw.REACH, ORDER);
            FloatVector sumA = m1.add(m2);
            FloatVector sumB = m3.add(m4);
            FloatVector gapA = m1.sub(m2);
            FloatVector gapB = m3.sub(m4);
            FloatVector p0 = m0.add(sumA).add(sumB);
            FloatVector p1 = gapB.fma(FloatVector.broadcast(F32, B), gapA.mul(A));
            FloatVector p2 = sumB.fma(FloatVector.broadcast(F32, B2), sumA.mul(A2));
            FloatVector p3 = gapB.fma(FloatVector.broadcast(F32, B3), gapA.fma(FloatVector.broadcast(F32, A3), m5));
            if (bias != 0) {
                FloatVector offset = FloatVector.fromMemorySegment(F32, Raw.ALL, (bias + channel) & Raw.REACH, ORDER);
                p0 = p0.add(offset);
                p1 = p1.add(offset);
                p2 = p2.add(offset);
                p3 = p3.add(offset);
            }
            p0.max(least).intoMemorySegment(Raw.ALL, (y0 + shift) & Raw.REACH, ORDER);
            p1.max(least).intoMemorySegment(Raw.ALL, (y1 + shift) & Raw.REACH, ORDER);
            p2.max(least).intoMemorySegment(Raw.ALL, (y2 + shift) & Raw.REACH, ORDER);
            p3.max(least).intoMemorySegment(Raw.ALL, (y3 + shift) & Raw.REACH, ORDER);
        }
    }

    /**
     * G g of three weights, {@code tapStep} bytes apart, to six places {@code step} bytes apart. Lines of {@code bytes}
     * bytes, {@code fromStep} and {@code toStep} apart.
     */
    static void weights(long from, long fromStep, long tapStep, int lines, int bytes, long to, long toStep, long step) {
        for (int line = 0; line < lines; line++) {
            for (int at = 0; at < bytes; at += BYTES) {
                long source = from + line * fromStep + at;
                long target = to + line * toStep + at;
                FloatVector g0 = FloatVector.fromMemorySegment(F32, Raw.ALL, source & Raw.REACH, ORDER);
                FloatVector g1 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + tapStep) & Raw.REACH, ORDER);
                FloatVector g2 = FloatVector.fromMemorySegment(F32, Raw.ALL, (source + 2 * tapStep) & Raw.REACH, ORDER);
                FloatVector evenA = g2.fma(FloatVector.broadcast(F32, A2), g0).mul(OF_A);
                FloatVector evenB = g2.fma(FloatVector.broadcast(F32, B2), g0).mul(OF_B);
                FloatVector oddA = g1.mul(A_OF_A);
                FloatVector oddB = g1.mul(B_OF_B);
                g0.mul(OF_ZERO).intoMemorySegment(Raw.ALL, target & Raw.REACH, ORDER);
                evenA.add(oddA).intoMemorySegment(Raw.ALL, (target + step) & Raw.REACH, ORDER);
                evenA.sub(oddA).intoMemorySegment(Raw.ALL, (target + 2 * step) & Raw.REACH, ORDER);
                evenB.add(oddB).intoMemorySegment(Raw.ALL, (target + 3 * step) & Raw.REACH, ORDER);
                evenB.sub(oddB).intoMemorySegment(Raw.ALL, (target + 4 * step) & Raw.REACH, ORDER);
                g2.intoMemorySegment(Raw.ALL, (target + 5 * step) & Raw.REACH, ORDER);
            }
        }
    }
}
