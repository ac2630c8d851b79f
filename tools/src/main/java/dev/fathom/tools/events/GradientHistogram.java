package dev.fathom.tools.events;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.models.protobuf.ProtobufMessage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How often the elements of some gradients are of which size. Counted on the host by all cores, in pieces that do not
 * depend on how many there are, so that the sums have the same bits everywhere.
 */
final class GradientHistogram {
    /** Elements of a piece. */
    private static final int PIECE = 1 << 17;
    /** Elements that are looked at together, in a processor's nearest memory. */
    private static final int CHUNK = 1 << 12;

    private final long[] counts = new long[ExponentialBuckets.count()];
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;
    private double sum;
    private double squares;
    private long number;

    private record Piece(MemorySegment values, long from, int length) {
    }

    /** What was found in a piece. */
    private static final class Found {
        private final int[] counts = new int[ExponentialBuckets.count()];
        private float min = Float.POSITIVE_INFINITY;
        private float max = Float.NEGATIVE_INFINITY;
        private double sum;
        private double squares;
    }

    private GradientHistogram() {
    }

    /**
     * Counts.
     *
     * @param gradients float32, at least one element in all
     * @param scale what each element is divided by, a power of two
     */
    static GradientHistogram of(List<Tensor> gradients, double scale) {
        List<Piece> pieces = new ArrayList<>();
        for (Tensor gradient : gradients) {
            if (gradient.dtype() != DType.F32) {
                throw new IllegalArgumentException("GradientHistogram: a gradient is " + gradient.spec()
                        + ", but gradients of parameters are float32");
            }
            MemorySegment values = gradient.hostBytes();
            for (long from = 0; from < gradient.numel(); from += PIECE) {
                pieces.add(new Piece(values, from, (int) Math.min(PIECE, gradient.numel() - from)));
            }
        }
        Found[] found = new Found[pieces.size()];
        float factor = (float) (1 / scale);
        WorkPool.shared().run(found.length, i -> {
            found[i] = new Found();
            count(pieces.get(i), factor, found[i]);
        });
        GradientHistogram all = new GradientHistogram();
        for (int i = 0; i < found.length; i++) {
            all.add(found[i], pieces.get(i).length);
        }
        return all;
    }

    private static void count(Piece piece, float factor, Found found) {
        float[] some = new float[Math.min(CHUNK, piece.length)];
        for (int from = 0; from < piece.length; from += some.length) {
            int length = Math.min(some.length, piece.length - from);
            MemorySegment.copy(piece.values, ValueLayout.JAVA_FLOAT, (piece.from + from) * Float.BYTES, some, 0, length);
            count(some, length, factor, found);
        }
    }

    /** A loop over an array is compiled better than one over foreign memory. */
    private static void count(float[] values, int length, float factor, Found found) {
        float least = found.min;
        float most = found.max;
        double total = 0;
        double square = 0;
        int[] counts = found.counts;
        for (int i = 0; i < length; i++) {
            float x = factor * values[i];
            counts[ExponentialBuckets.of(x)]++;
            least = Math.min(least, x);
            most = Math.max(most, x);
            total += x;
            square += (double) x * x;
        }
        found.min = least;
        found.max = most;
        found.sum += total;
        found.squares += square;
    }

    private void add(Found found, int length) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += found.counts[i];
        }
        min = Math.min(min, found.min);
        max = Math.max(max, found.max);
        sum += found.sum;
        squares += found.squares;
        number += length;
    }

    /** As HistogramProto. Neighbouring empty buckets are written as one, which says the same. */
    ProtobufMessage message() {
        double[] limits = new double[counts.length];
        double[] inside = new double[counts.length];
        int last = counts.length - 1;
        while (last > 0 && counts[last] == 0) {
            last--;
        }
        int n = 0;
        for (int i = 0; i <= last; i++) {
            if (counts[i] > 0 || counts[i + 1] > 0) {
                limits[n] = ExponentialBuckets.limit(i);
                inside[n++] = counts[i];
            }
        }
        return new ProtobufMessage().real64(1, min).real64(2, max).real64(3, number).real64(4, sum).real64(5, squares)
                .reals64(6, Arrays.copyOf(limits, n)).reals64(7, Arrays.copyOf(inside, n));
    }
}
