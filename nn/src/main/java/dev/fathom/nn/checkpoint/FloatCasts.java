package dev.fathom.nn.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.fathom.engine.DType;
import dev.fathom.engine.numeric.HalfFloats;
import java.lang.foreign.MemorySegment;

/**
 * Between the four float dtypes, block by block so that the choice of dtype stays out of the inner loops. Widening is
 * exact; narrowing rounds once, to nearest even (see {@link HalfFloats}).
 */
final class FloatCasts {
    private static final int BLOCK = 4096;

    private FloatCasts() {
    }

    /** Casts {@code count} elements from {@code in} to {@code out}, which do not overlap. */
    static void cast(DType from, MemorySegment in, DType to, MemorySegment out, long count) {
        float[] floats = new float[from == DType.F64 ? 0 : BLOCK];
        double[] doubles = new double[from == DType.F64 ? BLOCK : 0];
        for (long done = 0; done < count; done += BLOCK) {
            int n = (int) Math.min(BLOCK, count - done);
            MemorySegment source = in.asSlice(done * from.bytes(), (long) n * from.bytes());
            MemorySegment target = out.asSlice(done * to.bytes(), (long) n * to.bytes());
            if (from == DType.F64) {
                MemorySegment.copy(source, JAVA_DOUBLE_UNALIGNED, 0, doubles, 0, n);
                narrow(doubles, n, to, target);
            } else {
                widen(from, source, floats, n);
                write(floats, n, to, target);
            }
        }
    }

    private static void widen(DType from, MemorySegment in, float[] out, int n) {
        switch (from) {
            case F32 -> MemorySegment.copy(in, JAVA_FLOAT_UNALIGNED, 0, out, 0, n);
            case F16 -> {
                for (int i = 0; i < n; i++) {
                    out[i] = HalfFloats.fromFloat16(in.get(JAVA_SHORT_UNALIGNED, 2L * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < n; i++) {
                    out[i] = HalfFloats.fromBfloat16(in.get(JAVA_SHORT_UNALIGNED, 2L * i));
                }
            }
            default -> throw new IllegalArgumentException("not a float dtype of at most 32 bits: " + from);
        }
    }

    private static void write(float[] in, int n, DType to, MemorySegment out) {
        switch (to) {
            case F64 -> {
                for (int i = 0; i < n; i++) {
                    out.set(JAVA_DOUBLE_UNALIGNED, 8L * i, in[i]);
                }
            }
            case F32 -> MemorySegment.copy(in, 0, out, JAVA_FLOAT_UNALIGNED, 0, n);
            case F16 -> {
                for (int i = 0; i < n; i++) {
                    out.set(JAVA_SHORT_UNALIGNED, 2L * i, HalfFloats.toFloat16(in[i]));
                }
            }
            case BF16 -> {
                for (int i = 0; i < n; i++) {
                    out.set(JAVA_SHORT_UNALIGNED, 2L * i, HalfFloats.toBfloat16(in[i]));
                }
            }
            default -> throw new IllegalArgumentException("not a float dtype: " + to);
        }
    }

    private static void narrow(double[] in, int n, DType to, MemorySegment out) {
        switch (to) {
            case F64 -> MemorySegment.copy(in, 0, out, JAVA_DOUBLE_UNALIGNED, 0, n);
            case F32 -> {
                for (int i = 0; i < n; i++) {
                    out.set(JAVA_FLOAT_UNALIGNED, 4L * i, (float) in[i]);
                }
            }
            case F16 -> {
                for (int i = 0; i < n; i++) {
                    out.set(JAVA_SHORT_UNALIGNED, 2L * i, HalfFloats.toFloat16(in[i]));
                }
            }
            case BF16 -> {
                for (int i = 0; i < n; i++) {
                    out.set(JAVA_SHORT_UNALIGNED, 2L * i, HalfFloats.toBfloat16(in[i]));
                }
            }
            default -> throw new IllegalArgumentException("not a float dtype: " + to);
        }
    }
}
