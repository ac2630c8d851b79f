package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.AttentionTiles.QUERY_STEP;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What attention does between its products, on blocks whose rows (keys or channels) are QUERY_STEP bytes apart and whose lanes are
 * queries: sums and maxima over keys are then lane by lane, and no row is ever summed across lanes. Each method works on one tile's width,
 * two vectors. Addresses are absolute ({@link Raw}).
 */
final class AttentionLoops {
    private static final MemorySegment ALL = Raw.ALL;

    private AttentionLoops() {
    }

    private static FloatVector load(long at) {
        return FloatVector.fromMemorySegment(F32, ALL, at, ORDER);
    }

    /**
     * Online softmax, first half: {@code max} becomes the larger of itself and every row of the scores; {@code factor} becomes
     * 2^(old max - new max), which what was summed up before must be multiplied by; {@code sum} is. Returns whether any factor is not 1.
     */
    static boolean newMaximum(long scores, int keys, long max, long sum, long factor) {
        maximum(scores, keys, max, factor);
        boolean changed = false;
        for (long v = 0; v < 2L * BYTES; v += BYTES) {
            FloatVector f = VectorMath.exp2Flushed(load(factor + v).sub(load(max + v)));
            f.intoMemorySegment(ALL, factor + v, ORDER);
            load(sum + v).mul(f).intoMemorySegment(ALL, sum + v, ORDER);
            changed |= f.compare(VectorOperators.NE, 1f).anyTrue();
        }
        return changed;
    }

    /** Four running maxima, so that one comparison need not wait for the last. {@code old} receives what max was. */
    private static void maximum(long scores, int keys, long max, long old) {
        FloatVector left = load(max);
        FloatVector right = load(max + BYTES);
        left.intoMemorySegment(ALL, old, ORDER);
        right.intoMemorySegment(ALL, old + BYTES, ORDER);
        FloatVector left2 = left;
        FloatVector right2 = right;
        int even = keys & -2;
        for (int k = 0; k < even; k += 2) {
            long row = scores + k * QUERY_STEP;
            FloatVector a = FloatVector.fromMemorySegment(F32, ALL, row, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(F32, ALL, row + BYTES, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(F32, ALL, row + QUERY_STEP, ORDER);
            FloatVector d = FloatVector.fromMemorySegment(F32, ALL, row + QUERY_STEP + BYTES, ORDER);
            left = left.blend(a, a.compare(VectorOperators.GT, left));
            right = right.blend(b, b.compare(VectorOperators.GT, right));
            left2 = left2.blend(c, c.compare(VectorOperators.GT, left2));
            right2 = right2.blend(d, d.compare(VectorOperators.GT, right2));
        }
        if (even < keys) {
            FloatVector a = FloatVector.fromMemorySegment(F32, ALL, scores + even * QUERY_STEP, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(F32, ALL, scores + even * QUERY_STEP + BYTES, ORDER);
            left = left.blend(a, a.compare(VectorOperators.GT, left));
            right = right.blend(b, b.compare(VectorOperators.GT, right));
        }
        left.blend(left2, left2.compare(VectorOperators.GT, left)).intoMemorySegment(ALL, max, ORDER);
        right.blend(right2, right2.compare(VectorOperators.GT, right)).intoMemorySegment(ALL, max + BYTES, ORDER);
    }

    /** Online softmax, second half: scores become 2^(score - max), and {@code sum} grows by them. */
    static void exponentials(long scores, int keys, long max, long sum) {
        for (long v = 0; v < 2L * BYTES; v += BYTES) {
            exponentialColumn(scores + v, keys, max + v, sum + v);
        }
    }

    private static void exponentialColumn(long scores, int keys, long max, long sum) {
        FloatVector m = load(max);
        FloatVector total = load(sum);
        for (int k = 0; k < keys; k++) {
            FloatVector p = VectorMath.exp2Flushed(load(scores + k * QUERY_STEP).sub(m));
            p.intoMemorySegment(ALL, scores + k * QUERY_STEP, ORDER);
            total = total.add(p);
        }
        total.intoMemorySegment(ALL, sum, ORDER);
    }

    /** Multiplies every row by {@code factor}, a vector of one factor a query. */
    static void scale(long block, int rows, long factor) {
        FloatVector left = load(factor);
        FloatVector right = load(factor + BYTES);
        for (int r = 0; r < rows; r++) {
            long at = block + r * QUERY_STEP;
            load(at).mul(left).intoMemorySegment(ALL, at, ORDER);
            load(at + BYTES).mul(right).intoMemorySegment(ALL, at + BYTES, ORDER);
        }
    }

    /** {@code inverse} = 1 / sum and {@code lse} = ln(sum 2^max), the logarithm of the softmax's denominator. */
    static void finish(long max, long sum, long inverse, long lse) {
        for (long v = 0; v < 2L * BYTES; v += BYTES) {
            FloatVector s = load(sum + v);
            FloatVector.broadcast(F32, 1f).div(s).intoMemorySegment(ALL, inverse + v, ORDER);
            FloatVector m = load(max + v).mul(0.693147182f);
            VectorMath.log(s).add(m).intoMemorySegment(ALL, lse + v, ORDER);
        }
    }

    /**
     * The gradient's element-wise part. Scores (already less lse) become p = 2^score, and {@code gradients}, which hold dp - D, become
     * ds = p (dp - D).
     */
    static void probabilities(long scores, long gradients, int keys) {
        for (long v = 0; v < 2L * BYTES; v += BYTES) {
            probabilityColumn(scores + v, gradients + v, keys);
        }
    }

    private static void probabilityColumn(long scores, long gradients, int keys) {
        for (int k = 0; k < keys; k++) {
            FloatVector p = VectorMath.exp2Flushed(load(scores + k * QUERY_STEP));
            p.intoMemorySegment(ALL, scores + k * QUERY_STEP, ORDER);
            p.mul(load(gradients + k * QUERY_STEP)).intoMemorySegment(ALL, gradients + k * QUERY_STEP, ORDER);
        }
    }
}
