package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The linear maps of F(3 x 3, 2 x 2), the gradient of the weights of F(2 x 2, 3 x 3) ({@link WinogradWeights}), channels
 * in the lanes. All are a map of columns, then the same map of rows:
 *
 * <pre>
 *      [ 1  0 -1  0 ]        [ 1    0    0  ]
 * Bᵀ = [ 0  1  1  0 ]    G = [ 1/2  1/2  1/2 ]    Aᵀ = [ 1  1  1  0 ]
 *      [ 0 -1  1  0 ]        [ 1/2 -1/2  1/2 ]         [ 0  1 -1 -1 ]
 *      [ 0  1  0 -1 ]        [ 0    0    1  ]
 * </pre>
 *
 * <p>Place (i, j) of a transformed square has number 4 i + j. Written out without helpers that take vectors, so that
 * nothing is left to the compiler's limits of inlining.
 */
final class WinogradTransforms {
    private WinogradTransforms() {
    }

    /**
     * Bᵀ d B of a square of 4 x 4 pixels.
     *
     * @param rowStep   bytes from one row of pixels to the next, {@code pixelStep} from one pixel to the next
     * @param channels  floats of a pixel, a multiple of the number of lanes
     * @param relu      whether d is max(pixels, 0)
     * @param placeStep bytes from one place of the result to the next
     */
    static void input(MemorySegment from, long fromOffset, long rowStep, long pixelStep, int channels, boolean relu,
                      MemorySegment to, long toOffset, long placeStep) {
        long bytes = (long) channels * Float.BYTES;
        long source = Raw.address(from, fromOffset, 3 * rowStep + 3 * pixelStep + bytes);
        long target = Raw.address(to, toOffset, 15 * placeStep + bytes);
        // One loop for both: a maximum with minus infinity changes nothing, not even a NaN.
        float least = relu ? 0 : Float.NEGATIVE_INFINITY;
        for (long c = 0; c < bytes; c += BYTES) {
            square(source + c, rowStep, pixelStep, least, target + c, placeStep);
        }
    }

    private static void square(long source, long rowStep, long pixelStep, float least, long target, long placeStep) {
        FloatVector floor = FloatVector.broadcast(F32, least);
        long row1 = source + rowStep;
        long row2 = row1 + rowStep;
        long row3 = row2 + rowStep;
        FloatVector p0 = FloatVector.fromMemorySegment(F32, Raw.ALL, source, ORDER).max(floor);
        FloatVector p1 = FloatVector.fromMemorySegment(F32, Raw.ALL, row1, ORDER).max(floor);
        FloatVector p2 = FloatVector.fromMemorySegment(F32, Raw.ALL, row2, ORDER).max(floor);
        FloatVector p3 = FloatVector.fromMemorySegment(F32, Raw.ALL, row3, ORDER).max(floor);
        FloatVector a0 = p0.sub(p2);
        FloatVector b0 = p1.add(p2);
        FloatVector c0 = p2.sub(p1);
        FloatVector d0 = p1.sub(p3);
        p0 = FloatVector.fromMemorySegment(F32, Raw.ALL, source + pixelStep, ORDER).max(floor);
        p1 = FloatVector.fromMemorySegment(F32, Raw.ALL, row1 + pixelStep, ORDER).max(floor);
        p2 = FloatVector.fromMemorySegment(F32, Raw.ALL, row2 + pixelStep, ORDER).max(floor);
        p3 = FloatVector.fromMemorySegment(F32, Raw.ALL, row3 + pixelStep, ORDER).max(floor);
        FloatVector a1 = p0.sub(p2);
        FloatVector b1 = p1.add(p2);
        FloatVector c1 = p2.sub(p1);
        FloatVector d1 = p1.sub(p3);
        p0 = FloatVector.fromMemorySegment(F32, Raw.ALL, source + 2 * pixelStep, ORDER).max(floor);
        p1 = FloatVector.fromMemorySegment(F32, Raw.ALL, row1 + 2 * pixelStep, ORDER).max(floor);
        p2 = FloatVector.fromMemorySegment(F32, Raw.ALL, row2 + 2 * pixelStep, ORDER).max(floor);
        p3 = FloatVector.fromMemorySegment(F32, Raw.ALL, row3 + 2 * pixelStep, ORDER).max(floor);
        FloatVector a2 = p0.sub(p2);
        FloatVector b2 = p1.add(p2);
        FloatVector c2 = p2.sub(p1);
        FloatVector d2 = p1.sub(p3);
        p0 = FloatVector.fromMemorySegment(F32, Raw.ALL, source + 3 * pixelStep, ORDER).max(floor);
        p1 = FloatVector.fromMemorySegment(F32, Raw.ALL, row1 + 3 * pixelStep, ORDER).max(floor);
        p2 = FloatVector.fromMemorySegment(F32, Raw.ALL, row2 + 3 * pixelStep, ORDER).max(floor);
        p3 = FloatVector.fromMemorySegment(F32, Raw.ALL, row3 + 3 * pixelStep, ORDER).max(floor);
        FloatVector a3 = p0.sub(p2);
        FloatVector b3 = p1.add(p2);
        FloatVector c3 = p2.sub(p1);
        FloatVector d3 = p1.sub(p3);
        a0.sub(a2).intoMemorySegment(Raw.ALL, target, ORDER);
        a1.add(a2).intoMemorySegment(Raw.ALL, target + placeStep, ORDER);
        a2.sub(a1).intoMemorySegment(Raw.ALL, target + 2 * placeStep, ORDER);
        a1.sub(a3).intoMemorySegment(Raw.ALL, target + 3 * placeStep, ORDER);
        b0.sub(b2).intoMemorySegment(Raw.ALL, target + 4 * placeStep, ORDER);
        b1.add(b2).intoMemorySegment(Raw.ALL, target + 5 * placeStep, ORDER);
        b2.sub(b1).intoMemorySegment(Raw.ALL, target + 6 * placeStep, ORDER);
        b1.sub(b3).intoMemorySegment(Raw.ALL, target + 7 * placeStep, ORDER);
        c0.sub(c2).intoMemorySegment(Raw.ALL, target + 8 * placeStep, ORDER);
        c1.add(c2).intoMemorySegment(Raw.ALL, target + 9 * placeStep, ORDER);
        c2.sub(c1).intoMemorySegment(Raw.ALL, target + 10 * placeStep, ORDER);
        c1.sub(c3).intoMemorySegment(Raw.ALL, target + 11 * placeStep, ORDER);
        d0.sub(d2).intoMemorySegment(Raw.ALL, target + 12 * placeStep, ORDER);
        d1.add(d2).intoMemorySegment(Raw.ALL, target + 13 * placeStep, ORDER);
        d2.sub(d1).intoMemorySegment(Raw.ALL, target + 14 * placeStep, ORDER);
        d1.sub(d3).intoMemorySegment(Raw.ALL, target + 15 * placeStep, ORDER);
    }

    /**
     * A y Aᵀ of a square of 2 x 2 gradients.
     *
     * @param rowStep   bytes from one row of gradients to the next, {@code pixelStep} from one pixel to the next
     * @param channels  floats of a pixel, a multiple of the number of lanes
     * @param placeStep bytes from one place of the result to the next
     */
    static void outputGradient(MemorySegment from, long fromOffset, long rowStep, long pixelStep, int channels,
                               MemorySegment to, long toOffset, long placeStep) {
        long bytes = (long) channels * Float.BYTES;
        long source = Raw.address(from, fromOffset, rowStep + pixelStep + bytes);
        long target = Raw.address(to, toOffset, 15 * placeStep + bytes);
        for (long c = 0; c < bytes; c += BYTES) {
            long at = source + c;
            long place = target + c;
            FloatVector a0 = FloatVector.fromMemorySegment(F32, Raw.ALL, at, ORDER);
            FloatVector a1 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + pixelStep, ORDER);
            FloatVector d0 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + rowStep, ORDER);
            FloatVector d1 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + rowStep + pixelStep, ORDER);
            FloatVector b0 = a0.add(d0);
            FloatVector b1 = a1.add(d1);
            FloatVector c0 = a0.sub(d0);
            FloatVector c1 = a1.sub(d1);
            a0.intoMemorySegment(Raw.ALL, place, ORDER);
            a0.add(a1).intoMemorySegment(Raw.ALL, place + placeStep, ORDER);
            a0.sub(a1).intoMemorySegment(Raw.ALL, place + 2 * placeStep, ORDER);
            a1.neg().intoMemorySegment(Raw.ALL, place + 3 * placeStep, ORDER);
            b0.intoMemorySegment(Raw.ALL, place + 4 * placeStep, ORDER);
            b0.add(b1).intoMemorySegment(Raw.ALL, place + 5 * placeStep, ORDER);
            b0.sub(b1).intoMemorySegment(Raw.ALL, place + 6 * placeStep, ORDER);
            b1.neg().intoMemorySegment(Raw.ALL, place + 7 * placeStep, ORDER);
            c0.intoMemorySegment(Raw.ALL, place + 8 * placeStep, ORDER);
            c0.add(c1).intoMemorySegment(Raw.ALL, place + 9 * placeStep, ORDER);
            c0.sub(c1).intoMemorySegment(Raw.ALL, place + 10 * placeStep, ORDER);
            c1.neg().intoMemorySegment(Raw.ALL, place + 11 * placeStep, ORDER);
            d0.neg().intoMemorySegment(Raw.ALL, place + 12 * placeStep, ORDER);
            d0.add(d1).neg().intoMemorySegment(Raw.ALL, place + 13 * placeStep, ORDER);
            d1.sub(d0).intoMemorySegment(Raw.ALL, place + 14 * placeStep, ORDER);
            d1.intoMemorySegment(Raw.ALL, place + 15 * placeStep, ORDER);
        }
    }

    /**
     * Gᵀ u G of 4 x 4 sums, to 3 x 3 weights.
     *
     * @param placeStep bytes from one place of the sums to the next
     * @param width     channels, a multiple of the number of lanes
     * @param tapStep   bytes from one weight of the window to the next
     */
    static void weightGradient(MemorySegment from, long fromOffset, long placeStep, int width,
                               MemorySegment to, long toOffset, long tapStep) {
        long bytes = (long) width * Float.BYTES;
        long source = Raw.address(from, fromOffset, 15 * placeStep + bytes);
        long target = Raw.address(to, toOffset, 8 * tapStep + bytes);
        for (long c = 0; c < bytes; c += BYTES) {
            long at = source + c;
            long tap = target + c;
            FloatVector u0 = FloatVector.fromMemorySegment(F32, Raw.ALL, at, ORDER);
            FloatVector u1 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 4 * placeStep, ORDER);
            FloatVector u2 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 8 * placeStep, ORDER);
            FloatVector u3 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 12 * placeStep, ORDER);
            FloatVector sum = u1.add(u2).mul(0.5f);
            FloatVector a0 = u0.add(sum);
            FloatVector b0 = u1.sub(u2).mul(0.5f);
            FloatVector c0 = sum.add(u3);
            u0 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + placeStep, ORDER);
            u1 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 5 * placeStep, ORDER);
            u2 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 9 * placeStep, ORDER);
            u3 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 13 * placeStep, ORDER);
            sum = u1.add(u2).mul(0.5f);
            FloatVector a1 = u0.add(sum);
            FloatVector b1 = u1.sub(u2).mul(0.5f);
            FloatVector c1 = sum.add(u3);
            u0 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 2 * placeStep, ORDER);
            u1 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 6 * placeStep, ORDER);
            u2 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 10 * placeStep, ORDER);
            u3 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 14 * placeStep, ORDER);
            sum = u1.add(u2).mul(0.5f);
            FloatVector a2 = u0.add(sum);
            FloatVector b2 = u1.sub(u2).mul(0.5f);
            FloatVector c2 = sum.add(u3);
            u0 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 3 * placeStep, ORDER);
            u1 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 7 * placeStep, ORDER);
            u2 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 11 * placeStep, ORDER);
            u3 = FloatVector.fromMemorySegment(F32, Raw.ALL, at + 15 * placeStep, ORDER);
            sum = u1.add(u2).mul(0.5f);
            FloatVector a3 = u0.add(sum);
            FloatVector b3 = u1.sub(u2).mul(0.5f);
            FloatVector c3 = sum.add(u3);
            sum = a1.add(a2).mul(0.5f);
            a0.add(sum).intoMemorySegment(Raw.ALL, tap, ORDER);
            a1.sub(a2).mul(0.5f).intoMemorySegment(Raw.ALL, tap + tapStep, ORDER);
            sum.add(a3).intoMemorySegment(Raw.ALL, tap + 2 * tapStep, ORDER);
            sum = b1.add(b2).mul(0.5f);
            b0.add(sum).intoMemorySegment(Raw.ALL, tap + 3 * tapStep, ORDER);
            b1.sub(b2).mul(0.5f).intoMemorySegment(Raw.ALL, tap + 4 * tapStep, ORDER);
            sum.add(b3).intoMemorySegment(Raw.ALL, tap + 5 * tapStep, ORDER);
            sum = c1.add(c2).mul(0.5f);
            c0.add(sum).intoMemorySegment(Raw.ALL, tap + 6 * tapStep, ORDER);
            c1.sub(c2).mul(0.5f).intoMemorySegment(Raw.ALL, tap + 7 * tapStep, ORDER);
            sum.add(c3).intoMemorySegment(Raw.ALL, tap + 8 * tapStep, ORDER);
        }
    }
}
