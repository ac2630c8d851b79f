package dev.fathom.engine.debug;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.numeric.HalfFloats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * How the values of a tensor are spread.
 *
 * @param spec its shape and dtype
 * @param min of the finite elements; NaN if there is none, as {@code max} and {@code mean}
 * @param max of the finite elements
 * @param mean of the finite elements, summed in float64
 * @param nan how many elements are NaN
 * @param infinite how many are infinite, of either sign
 */
public record ValueRange(TensorSpec spec, double min, double max, double mean, long nan, long infinite) {
    private static final int PIECE = 1 << 13;
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Of a tensor anywhere: from a device it is copied first. */
    public static ValueRange of(Tensor t) {
        return of(t.hostBytes(), t.spec());
    }

    /** Of elements in C order on the host. */
    public static ValueRange of(MemorySegment elements, TensorSpec spec) {
        Sum sum = new Sum();
        double[] piece = new double[PIECE];
        long count = spec.shape().numel();
        for (long at = 0; at < count; at += PIECE) {
            int n = (int) Math.min(PIECE, count - at);
            read(elements, spec.dtype(), at, piece, n);
            sum.add(piece, n);
        }
        boolean none = sum.finite == 0;
        return new ValueRange(spec, none ? Double.NaN : sum.min, none ? Double.NaN : sum.max, sum.total / sum.finite,
                sum.nan, count - sum.finite - sum.nan);
    }

    /** What is known so far. */
    private static final class Sum {
        private double min = Double.POSITIVE_INFINITY;
        private double max = Double.NEGATIVE_INFINITY;
        private double total;
        private long finite;
        private long nan;

        void add(double[] values, int n) {
            for (int i = 0; i < n; i++) {
                double v = values[i];
                if (Math.abs(v) <= Double.MAX_VALUE) {
                    min = Math.min(min, v);
                    max = Math.max(max, v);
                    total += v;
                    finite++;
                } else if (v != v) {
                    nan++;
                }
            }
        }
    }

    private static void read(MemorySegment s, DType dtype, long at, double[] to, int n) {
        switch (dtype) {
            case F64 -> MemorySegment.copy(s, DOUBLE, at * Double.BYTES, to, 0, n);
            case F32 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = s.getAtIndex(FLOAT, at + i);
                }
            }
            case F16 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = HalfFloats.fromFloat16(s.getAtIndex(SHORT, at + i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = HalfFloats.fromBfloat16(s.getAtIndex(SHORT, at + i));
                }
            }
            case I64, I32, I16, I8, U8, BOOL -> {
                for (int i = 0; i < n; i++) {
                    to[i] = whole(s, dtype, at + i);
                }
            }
        }
    }

    private static double whole(MemorySegment s, DType dtype, long i) {
        return switch (dtype) {
            case I64 -> s.getAtIndex(LONG, i);
            case I32 -> s.getAtIndex(INT, i);
            case I16 -> s.getAtIndex(SHORT, i);
            case I8 -> s.get(ValueLayout.JAVA_BYTE, i);
            default -> s.get(ValueLayout.JAVA_BYTE, i) & 0xff;
        };
    }

    /** Whether every element is finite. */
    public boolean isFinite() {
        return nan == 0 && infinite == 0;
    }

    /** The largest finite magnitude; 0 if there is none. */
    public double largest() {
        return Double.isNaN(min) ? 0 : Math.max(Math.abs(min), Math.abs(max));
    }

    /** The values without shape and dtype: {@code -1.2 to 3.4, mean 0.5, 3 of 128 NaN}. */
    public String values() {
        StringBuilder text = new StringBuilder();
        if (!Double.isNaN(min)) {
            text.append(min == max ? number(min) : number(min) + " to " + number(max) + ", mean " + number(mean));
        }
        count(text, nan, "NaN");
        count(text, infinite, "infinite");
        return text.isEmpty() ? "empty" : text.toString();
    }

    private void count(StringBuilder text, long n, String what) {
        if (n > 0) {
            text.append(text.isEmpty() ? "" : ", ");
            long all = spec.shape().numel();
            text.append(n == all ? "all" : String.format(Locale.ROOT, "%,d of %,d", n, all)).append(' ').append(what);
        }
    }

    private static String number(double v) {
        return String.format(Locale.ROOT, "%.4g", v);
    }

    @Override
    public String toString() {
        return spec + " " + values();
    }
}
