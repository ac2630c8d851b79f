package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.numeric.HalfFloats;
import dev.fathom.engine.ops.Cast;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Casts between floating-point dtypes. Those between float32 and a 16-bit format are {@link Halves}'; all others go
 * through float64, in which every value of every format is exact.
 */
public final class CastKernels {
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

    private CastKernels() {
    }

    public static void register(KernelTable table) {
        table.addAnyDType(Cast.class, CastKernels::cast);
    }

    private static void cast(Cast op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment y = out.get(0).segment();
        DType from = in.get(0).dtype();
        DType to = op.to();
        if (from == to) {
            MemorySegment.copy(x, 0, y, 0, x.byteSize());
            return;
        }
        if (from == DType.F32 && to.bytes() == 2) {
            Halves.round(in.get(0), out.get(0));
        } else if (to == DType.F32 && from.bytes() == 2) {
            Halves.widen(in.get(0), out.get(0));
        } else {
            Chunks.run(in.get(0).numel(), (start, end) -> {
                for (long i = start; i < end; i++) {
                    write(y, to, i, read(x, from, i));
                }
            });
        }
    }

    private static double read(MemorySegment x, DType dtype, long i) {
        return switch (dtype) {
            case F64 -> x.get(DOUBLE, i * 8);
            case F32 -> x.get(FLOAT, i * 4);
            case F16 -> HalfFloats.fromFloat16(x.get(SHORT, i * 2));
            case BF16 -> HalfFloats.fromBfloat16(x.get(SHORT, i * 2));
            default -> throw new IllegalStateException("not a floating-point dtype: " + dtype);
        };
    }

    private static void write(MemorySegment y, DType dtype, long i, double value) {
        switch (dtype) {
            case F64 -> y.set(DOUBLE, i * 8, value);
            case F32 -> y.set(FLOAT, i * 4, (float) value);
            case F16 -> y.set(SHORT, i * 2, HalfFloats.toFloat16(value));
            case BF16 -> y.set(SHORT, i * 2, HalfFloats.toBfloat16(value));
            default -> throw new IllegalStateException("not a floating-point dtype: " + dtype);
        }
    }
}
