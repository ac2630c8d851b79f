package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERY_STEP;
import static dev.fathom.engine.cpu.kernels.VectorMath.ROUNDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What attention does between its products, on blocks whose rows (keys or channels) are QUERY_STEP bytes apart and
 * whose lanes are queries: sums and maxima over keys are then lane by lane, and no row is ever summed across lanes.
 * Each method works on one tile's width, two vectors. Addresses are absolute ({@link Raw}).
 *
 * <p>As in {@link AttentionTiles} loads are written out, and running values begin as constants: the JIT compiler may
 * put these loops into the large method that calls them, where it stops inlining our own short methods and makes
 * objects of the vectors they return. {@code tools/jvm.args} asks it to compile the methods of every class named
 * {@code ...Loops} one by one.
 */
final class AttentionLoops {
    /**
     * How far, in powers of two, a score may be above the reference that is subtracted from all scores of a query. The
     * reference cancels in the division by the sum; it is there so that no power overflows, and 2^8 is far from that.
     * Nothing is lost either: a reference was the largest score of its block, so the sum is at least 1.
     */
    static final float SLACK = 8;

    private static final MemorySegment ALL = Raw.ALL;

    private AttentionLoops() {
    }

    /**
     * Online softmax: scores become p = 2^(score + shift), {@code sum} grows by them. Returns false and leaves the sum
     * alone if an exponent is above {@link #SLACK}: then the reference must grow first. A NaN passes and makes the sum
     * NaN. With {@code force} the sum grows in any case: what is above the slack then is infinite or NaN anyway.
     * {@code total} is for this method's own use.
     *
     * @param shift what the scores still lack, one number a query: zero, or minus the reference
     */
    static boolean powers(long scores, int keys, long shift, long sum, long total, boolean force) {
        boolean small = powerColumn(scores, keys, shift, total)
                & powerColumn(scores + BYTES, keys, shift + BYTES, total + BYTES) | force;
        if (small) {
            for (long v = 0; v < 2L * BYTES; v += BYTES) {
                FloatVector.fromMemorySegment(F32, ALL, sum + v, ORDER)
                        .add(FloatVector.fromMemorySegment(F32, ALL, total + v, ORDER))
                        .intoMemorySegment(ALL, sum + v, ORDER);
            }
        }
        return small;
    }

    /**
     * One vector's width: scores become p = 2^(score + shift), {@code sum} becomes their sum. Returns whether no
     * exponent is above {@link #SLACK}. Two forms that read better made two objects a vector in one process of three:
     * {@link VectorMath#exp2Flushed} as a call, and the largest exponent as an integer vector. So the power is written
     * out and the largest exponent is a comparison.
     */
    private static boolean powerColumn(long scores, int keys, long shift, long sum) {
        FloatVector c6 = FloatVector.broadcast(F32, VectorMath.EXP2_6);
        FloatVector c5 = FloatVector.broadcast(F32, VectorMath.EXP2_5);
        FloatVector c4 = FloatVector.broadcast(F32, VectorMath.EXP2_4);
        FloatVector c3 = FloatVector.broadcast(F32, VectorMath.EXP2_3);
        FloatVector c2 = FloatVector.broadcast(F32, VectorMath.EXP2_2);
        FloatVector c1 = FloatVector.broadcast(F32, VectorMath.EXP2_1);
        FloatVector one = FloatVector.broadcast(F32, 1f);
        FloatVector plus = FloatVector.fromMemorySegment(F32, ALL, shift, ORDER);
        FloatVector total = FloatVector.zero(F32);
        FloatVector top = FloatVector.zero(F32);
        for (int k = 0; k < keys; k++) {
            long row = (scores + k * QUERY_STEP) & Raw.REACH;
            FloatVector score = FloatVector.fromMemorySegment(F32, ALL, row, ORDER).add(plus);
            top = top.blend(score, score.compare(VectorOperators.GT, top));
            FloatVector shifted = score.add(ROUNDER);
            FloatVector r = score.sub(shifted.sub(ROUNDER));
            FloatVector q = c6.fma(r, c5).fma(r, c4).fma(r, c3).fma(r, c2).fma(r, c1).fma(r, one);
            IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
            FloatVector p = q.reinterpretAsInts().add(exponent).reinterpretAsFloats()
                    .blend(0f, score.compare(VectorOperators.LT, -126f));
            p.intoMemorySegment(ALL, row, ORDER);
            total = total.add(p);
        }
        total.intoMemorySegment(ALL, sum, ORDER);
        return !top.compare(VectorOperators.GT, SLACK).anyTrue();
    }

    /**
     * Online softmax, when the reference may have to grow: it becomes the larger of itself and every row of the scores;
     * {@code factor} becomes 2^(old reference - new reference), which what was summed up before must be multiplied by;
     * {@code sum} is. Returns whether any factor is not 1. What is kept of the reference is its negative.
     */
    static boolean newReference(long scores, int keys, long minusReference, long sum, long factor) {
        maximum(scores, keys, factor);
        boolean changed = false;
        for (long v = 0; v < 2L * BYTES; v += BYTES) {
            FloatVector before = FloatVector.fromMemorySegment(F32, ALL, minusReference + v, ORDER).neg();
            FloatVector block = FloatVector.fromMemorySegment(F32, ALL, factor + v, ORDER);
            FloatVector now = before.blend(block, block.compare(VectorOperators.GT, before));
            now.neg().intoMemorySegment(ALL, minusReference + v, ORDER);
            FloatVector f = VectorMath.exp2Flushed(before.sub(now));
            f.intoMemorySegment(ALL, factor + v, ORDER);
            FloatVector.fromMemorySegment(F32, ALL, sum + v, ORDER).mul(f).intoMemorySegment(ALL, sum + v, ORDER);
            changed |= f.compare(VectorOperators.NE, 1f).anyTrue();
        }
        return changed;
    }

    /**
     * {@code max} = the largest of all rows. Four running maxima, so that one comparison need not wait for the last.
     */
    private static void maximum(long scores, int keys, long max) {
        FloatVector left = FloatVector.broadcast(F32, Float.NEGATIVE_INFINITY);
        FloatVector right = FloatVector.broadcast(F32, Float.NEGATIVE_INFINITY);
        FloatVector left2 = FloatVector.broadcast(F32, Float.NEGATIVE_INFINITY);
        FloatVector right2 = FloatVector.broadcast(F32, Float.NEGATIVE_INFINITY);
        for (int k = 0; k < keys; k += 2) {
            long row = (scores + k * QUERY_STEP) & Raw.REACH;
            // With an odd number of keys the last row is looked at twice.
            long next = (scores + Math.min(k + 1, keys - 1) * QUERY_STEP) & Raw.REACH;
            FloatVector a = FloatVector.fromMemorySegment(F32, ALL, row, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(F32, ALL, row + BYTES, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(F32, ALL, next, ORDER);
            FloatVector d = FloatVector.fromMemorySegment(F32, ALL, next + BYTES, ORDER);
            left = left.blend(a, a.compare(VectorOperators.GT, left));
            right = right.blend(b, b.compare(VectorOperators.GT, right));
            left2 = left2.blend(c, c.compare(VectorOperators.GT, left2));
            right2 = right2.blend(d, d.compare(VectorOperators.GT, right2));
        }
        left.blend(left2, left2.compare(VectorOperators.GT, left)).intoMemorySegment(ALL, max, ORDER);
        right.blend(right2, right2.compare(VectorOperators.GT, right)).intoMemorySegment(ALL, max + BYTES, ORDER);
    }

    /** Multiplies every row by {@code factor}, a vector of one factor a query. */
    static void scale(long block, int rows, long factor) {
        FloatVector left = FloatVector.fromMemorySegment(F32, ALL, factor, ORDER);
        FloatVector right = FloatVector.fromMemorySegment(F32, ALL, factor + BYTES, ORDER);
        for (int r = 0; r < rows; r++) {
            long at = (block + r * QUERY_STEP) & Raw.REACH;
            FloatVector.fromMemorySegment(F32, ALL, at, ORDER).mul(left).intoMemorySegment(ALL, at, ORDER);
            FloatVector.fromMemorySegment(F32, ALL, at + BYTES, ORDER).mul(right)
                    .intoMemorySegment(ALL, at + BYTES, ORDER);
        }
    }

    /** {@code inverse} = 1 / sum and {@code lse} = ln(sum 2^reference), the logarithm of the softmax's denominator. */
    static void finish(long minusReference, long sum, long inverse, long lse) {
        for (long v = 0; v < 2L * BYTES; v += BYTES) {
            FloatVector s = FloatVector.fromMemorySegment(F32, ALL, sum + v, ORDER);
            FloatVector minus = FloatVector.fromMemorySegment(F32, ALL, minusReference + v, ORDER);
            FloatVector.broadcast(F32, 1f).div(s).intoMemorySegment(ALL, inverse + v, ORDER);
            VectorMath.log(s).sub(minus.mul(0.693147182f)).intoMemorySegment(ALL, lse + v, ORDER);
        }
    }

    /**
     * The gradient's element-wise part. Scores (already less lse) become p = 2^score, and {@code gradients}, which hold
     * dp - D, become ds = p (dp - D).
     */
    static void probabilities(long scores, long gradients, int keys) {
        for (long v = 0; v < 2L * BYTES; v += BYTES) {
            probabilityColumn(scores + v, gradients + v, keys);
        }
    }

    private static void probabilityColumn(long scores, long gradients, int keys) {
        FloatVector c6 = FloatVector.broadcast(F32, VectorMath.EXP2_6);
        FloatVector c5 = FloatVector.broadcast(F32, VectorMath.EXP2_5);
        FloatVector c4 = FloatVector.broadcast(F32, VectorMath.EXP2_4);
        FloatVector c3 = FloatVector.broadcast(F32, VectorMath.EXP2_3);
        FloatVector c2 = FloatVector.broadcast(F32, VectorMath.EXP2_2);
        FloatVector c1 = FloatVector.broadcast(F32, VectorMath.EXP2_1);
        FloatVector one = FloatVector.broadcast(F32, 1f);
        for (int k = 0; k < keys; k++) {
            long row = (scores + k * QUERY_STEP) & Raw.REACH;
            long other = (gradients + k * QUERY_STEP) & Raw.REACH;
            FloatVector score = FloatVector.fromMemorySegment(F32, ALL, row, ORDER);
            FloatVector shifted = score.add(ROUNDER);
            FloatVector r = score.sub(shifted.sub(ROUNDER));
            FloatVector q = c6.fma(r, c5).fma(r, c4).fma(r, c3).fma(r, c2).fma(r, c1).fma(r, one);
            IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
            FloatVector p = q.reinterpretAsInts().add(exponent).reinterpretAsFloats()
                    .blend(0f, score.compare(VectorOperators.LT, -126f));
            p.intoMemorySegment(ALL, row, ORDER);
            p.mul(FloatVector.fromMemorySegment(F32, ALL, other, ORDER)).intoMemorySegment(ALL, other, ORDER);
        }
    }
}
