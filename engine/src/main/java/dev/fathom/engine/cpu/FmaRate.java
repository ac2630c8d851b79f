package dev.fathom.engine.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What the processor's multipliers can do at most: fused multiply-adds between registers, with nothing loaded and
 * nothing stored. No kernel can be faster, and how near one may come is what a benchmark wants to say.
 */
public final class FmaRate {
    /** Sums that do not depend on each other: more than two units with a latency of five need, fewer than 16 registers. */
    private static final int CHAINS = 12;

    private FmaRate() {
    }

    /** Floating-point operations of {@link #run}, two a multiply-add. */
    public static long flops(int tasks, int rounds) {
        return 2L * tasks * rounds * CHAINS * Lanes.FLOATS;
    }

    /**
     * Multiplies and adds on all threads of a pool.
     *
     * @param tasks pieces that the threads take turns at, {@code rounds} of {@value #CHAINS} vectors each
     */
    public static void run(WorkPool pool, int tasks, int rounds) {
        // What the tasks return has to go somewhere, or the compiler leaves their loops out.
        float[] results = new float[tasks];
        pool.run(tasks, i -> results[i] = chains(rounds));
        for (float result : results) {
            if (!Float.isFinite(result)) {
                throw new IllegalStateException("FmaRate: sums that converge became " + result);
            }
        }
    }

    /**
     * Each sum is c = c * 0.5 + 1, which converges to 2: no overflow, and no denormal numbers that would be slow. They
     * start apart, or the compiler might see that all are one.
     */
    private static float chains(int rounds) {
        FloatVector half = FloatVector.broadcast(Lanes.F32, 0.5f);
        FloatVector one = FloatVector.broadcast(Lanes.F32, 1);
        FloatVector a = one;
        FloatVector b = one.mul(2);
        FloatVector c = one.mul(3);
        FloatVector d = one.mul(4);
        FloatVector e = one.mul(5);
        FloatVector f = one.mul(6);
        FloatVector g = one.mul(7);
        FloatVector h = one.mul(8);
        FloatVector i = one.mul(9);
        FloatVector j = one.mul(10);
        FloatVector k = one.mul(11);
        FloatVector l = one.mul(12);
        for (int round = 0; round < rounds; round++) {
            a = a.fma(half, one);
            b = b.fma(half, one);
            c = c.fma(half, one);
            d = d.fma(half, one);
            e = e.fma(half, one);
            f = f.fma(half, one);
            g = g.fma(half, one);
            h = h.fma(half, one);
            i = i.fma(half, one);
            j = j.fma(half, one);
            k = k.fma(half, one);
            l = l.fma(half, one);
        }
        return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l)
            .reduceLanes(VectorOperators.MAX);
    }
}
