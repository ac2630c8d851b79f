package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.F64;
import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.cpu.Lanes;
import dev.fathom.engine.ops.AdamWStep;
import dev.fathom.engine.ops.FillInPlace;
import dev.fathom.engine.ops.ScaleInPlace;
import dev.fathom.engine.ops.SumOfSquares;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** What an optimiser does to its tensors between two passes. Limited by memory bandwidth. */
public final class OptimiserKernels {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ORDER);
    private static final long STEP = FLOATS * 4L;
    /** As many float32 lanes as a float64 vector has: half a register. */
    private static final VectorSpecies<Float> HALF = VectorSpecies.of(float.class,
            VectorShape.forBitSize(Lanes.BITS / 2));

    private OptimiserKernels() {
    }

    public static void register(KernelTable table) {
        table.add(AdamWStep.class, OptimiserKernels::adamW);
        table.add(SumOfSquares.class, OptimiserKernels::sumOfSquares);
        table.add(ScaleInPlace.class, OptimiserKernels::scale);
        table.add(FillInPlace.class, OptimiserKernels::fill);
    }

    private static void adamW(AdamWStep op, List<Tensor> in, List<Tensor> out) {
        MemorySegment[] tensors = in.stream().map(Tensor::segment).toArray(MemorySegment[]::new);
        long[] sizes = new long[op.parameters()];
        Arrays.setAll(sizes, p -> in.get(AdamWStep.TENSORS * p).numel());
        float b1 = (float) op.beta1();
        float c1 = (float) (1 - op.beta1());
        float b2 = (float) op.beta2();
        float c2 = (float) (1 - op.beta2());
        float size = (float) op.stepSize();
        float root = (float) op.rootScale();
        float eps = (float) op.eps();
        float decay = (float) (op.lr() * op.weightDecay());
        float scale = (float) op.gradScale();
        Chunks.run(sizes, (parameter, from, to) -> {
            int p = AdamWStep.TENSORS * parameter;
            adamW(tensors[p], tensors[p + 1], tensors[p + 2], tensors[p + 3], from * 4, to * 4, b1, c1, b2, c2, size,
                    root, eps, decay, scale);
        });
    }

    private static void adamW(MemorySegment p, MemorySegment g, MemorySegment m, MemorySegment v, long from, long to,
            float b1, float c1, float b2, float c2, float size, float root, float eps, float decay, float scale) {
        FloatVector c1s = FloatVector.broadcast(F32, c1);
        FloatVector c2s = FloatVector.broadcast(F32, c2);
        FloatVector roots = FloatVector.broadcast(F32, root);
        FloatVector epsilons = FloatVector.broadcast(F32, eps);
        FloatVector decays = FloatVector.broadcast(F32, decay);
        long bound = from + (to - from) / STEP * STEP;
        for (long i = from; i < bound; i += STEP) {
            FloatVector gi = FloatVector.fromMemorySegment(F32, g, i, ORDER).mul(scale);
            FloatVector mi = gi.fma(c1s, FloatVector.fromMemorySegment(F32, m, i, ORDER).mul(b1));
            FloatVector vi = gi.mul(gi).fma(c2s, FloatVector.fromMemorySegment(F32, v, i, ORDER).mul(b2));
            FloatVector pi = FloatVector.fromMemorySegment(F32, p, i, ORDER);
            FloatVector step = mi.mul(size).div(vi.sqrt().fma(roots, epsilons));
            mi.intoMemorySegment(m, i, ORDER);
            vi.intoMemorySegment(v, i, ORDER);
            pi.sub(pi.fma(decays, step)).intoMemorySegment(p, i, ORDER);
        }
        for (long i = bound; i < to; i += 4) {
            float gi = g.get(FLOAT, i) * scale;
            float mi = Math.fma(gi, c1, m.get(FLOAT, i) * b1);
            float vi = Math.fma(gi * gi, c2, v.get(FLOAT, i) * b2);
            float pi = p.get(FLOAT, i);
            float step = mi * size / Math.fma((float) Math.sqrt(vi), root, eps);
            m.set(FLOAT, i, mi);
            v.set(FLOAT, i, vi);
            p.set(FLOAT, i, pi - Math.fma(pi, decay, step));
        }
    }

    /** Partial sums of fixed pieces in float64, added in order: pieces to tensors, tensors to the whole. */
    private static void sumOfSquares(SumOfSquares op, List<Tensor> in, List<Tensor> out) {
        MemorySegment[] tensors = in.stream().map(Tensor::segment).toArray(MemorySegment[]::new);
        long[] sizes = in.stream().mapToLong(Tensor::numel).toArray();
        int[] first = Chunks.firstPieces(sizes);
        double[] squares = new double[first[sizes.length]];
        long[] nonFinite = new long[squares.length];
        Chunks.run(sizes, (tensor, from, to) -> {
            int piece = first[tensor] + (int) (from / Chunks.SIZE);
            nonFinite[piece] = nonFinite(tensors[tensor], from * 4, to * 4);
            squares[piece] = nonFinite[piece] == 0 ? sumOfSquares(tensors[tensor], from * 4, to * 4)
                    : sumOfFiniteSquares(tensors[tensor], from * 4, to * 4);
        });
        double sum = 0;
        for (int tensor = 0; tensor < sizes.length; tensor++) {
            double ofTensor = 0;
            for (int piece = first[tensor]; piece < first[tensor + 1]; piece++) {
                ofTensor += squares[piece];
            }
            sum += ofTensor;
        }
        MemorySegment y = out.get(0).segment();
        y.set(DOUBLE, 0, sum);
        y.set(DOUBLE, 8, Arrays.stream(nonFinite).sum());
    }

    /** A piece is read twice, but the second time from the first-level cache. */
    private static long nonFinite(MemorySegment x, long from, long to) {
        long count = 0;
        long bound = from + (to - from) / STEP * STEP;
        for (long i = from; i < bound; i += STEP) {
            count += FLOATS - FloatVector.fromMemorySegment(F32, x, i, ORDER).test(VectorOperators.IS_FINITE)
                    .trueCount();
        }
        for (long i = bound; i < to; i += 4) {
            count += Float.isFinite(x.get(FLOAT, i)) ? 0 : 1;
        }
        return count;
    }

    private static double sumOfFiniteSquares(MemorySegment x, long from, long to) {
        double sum = 0;
        for (long i = from; i < to; i += 4) {
            double xi = x.get(FLOAT, i);
            sum += Double.isFinite(xi) ? xi * xi : 0;
        }
        return sum;
    }

    private static double sumOfSquares(MemorySegment x, long from, long to) {
        // Four sums, so that one addition need not wait for the one before it.
        DoubleVector a = DoubleVector.zero(F64);
        DoubleVector b = DoubleVector.zero(F64);
        DoubleVector c = DoubleVector.zero(F64);
        DoubleVector d = DoubleVector.zero(F64);
        long half = STEP / 2;
        long bound = from + (to - from) / (2 * STEP) * (2 * STEP);
        for (long i = from; i < bound; i += 2 * STEP) {
            a = addSquare(a, x, i);
            b = addSquare(b, x, i + half);
            c = addSquare(c, x, i + 2 * half);
            d = addSquare(d, x, i + 3 * half);
        }
        double sum = 0;
        // Not reduceLanes: it promises no order, and compiled and interpreted code do differ, see Floats.sum.
        for (double lane : a.add(b).add(c.add(d)).toArray()) {
            sum += lane;
        }
        for (long i = bound; i < to; i += 4) {
            double xi = x.get(FLOAT, i);
            sum += xi * xi;
        }
        return sum;
    }

    private static DoubleVector addSquare(DoubleVector sum, MemorySegment x, long at) {
        DoubleVector wide = (DoubleVector) FloatVector.fromMemorySegment(HALF, x, at, ORDER)
                .convertShape(VectorOperators.F2D, F64, 0);
        return wide.fma(wide, sum);
    }

    private static void scale(ScaleInPlace op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        float factor = (float) op.factor();
        Chunks.run(in.get(0).numel(), (from, to) -> {
            long bound = from * 4 + (to - from) * 4 / STEP * STEP;
            for (long i = from * 4; i < bound; i += STEP) {
                FloatVector.fromMemorySegment(F32, x, i, ORDER).mul(factor).intoMemorySegment(x, i, ORDER);
            }
            for (long i = bound; i < to * 4; i += 4) {
                x.set(FLOAT, i, x.get(FLOAT, i) * factor);
            }
        });
    }

    private static void fill(FillInPlace op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        float value = (float) op.value();
        Chunks.run(in.get(0).numel(), (from, to) -> {
            FloatVector values = FloatVector.broadcast(F32, value);
            long bound = from * 4 + (to - from) * 4 / STEP * STEP;
            for (long i = from * 4; i < bound; i += STEP) {
                values.intoMemorySegment(x, i, ORDER);
            }
            for (long i = bound; i < to * 4; i += 4) {
                x.set(FLOAT, i, value);
            }
        });
    }
}
