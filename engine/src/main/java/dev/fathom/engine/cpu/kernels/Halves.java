package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.numeric.HalfFloats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Whole tensors between float32 and the two 16-bit formats; {@link HalfFloats} has the formats and the rules of
 * rounding.
 *
 * <p>Plain loops on purpose, which the JIT compiler turns into vectors where it can. Measured on one core of a Zen 4,
 * in 10^9 elements a second: float16 2.5 each way, bfloat16 1.3 to and 3.6 from. The Vector API reaches 5 to 18, but
 * until it is compiled each of its vectors takes longer than a thousand elements here: a first prediction in 16 bits
 * waited seconds for its conversions. 16-bit tensors on the cpu are for testing what a GPU will do; tests are short.
 */
public final class Halves {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

    private Halves() {
    }

    /** Copies a 16-bit tensor into a float32 one of as many elements. Exact. */
    public static void widen(Tensor from, Tensor to) {
        MemorySegment x = from.segment();
        MemorySegment y = to.segment();
        if (from.dtype() == DType.F16) {
            Chunks.run(from.numel(), (start, end) -> fromFloat16(x, y, start, end));
        } else {
            Chunks.run(from.numel(), (start, end) -> fromBfloat16(x, y, start, end));
        }
    }

    /** Copies a float32 tensor into a 16-bit one of as many elements, each rounded to nearest, ties to even. */
    public static void round(Tensor from, Tensor to) {
        MemorySegment x = from.segment();
        MemorySegment y = to.segment();
        if (to.dtype() == DType.F16) {
            Chunks.run(from.numel(), (start, end) -> toFloat16(x, y, start, end));
        } else {
            Chunks.run(from.numel(), (start, end) -> toBfloat16(x, y, start, end));
        }
    }

    private static void fromFloat16(MemorySegment x, MemorySegment y, long from, long to) {
        for (long i = from; i < to; i++) {
            y.set(FLOAT, i * 4, HalfFloats.fromFloat16(x.get(SHORT, i * 2)));
        }
    }

    private static void toFloat16(MemorySegment x, MemorySegment y, long from, long to) {
        for (long i = from; i < to; i++) {
            y.set(SHORT, i * 2, HalfFloats.toFloat16(x.get(FLOAT, i * 4)));
        }
    }

    private static void fromBfloat16(MemorySegment x, MemorySegment y, long from, long to) {
        for (long i = from; i < to; i++) {
            y.set(FLOAT, i * 4, HalfFloats.fromBfloat16(x.get(SHORT, i * 2)));
        }
    }

    private static void toBfloat16(MemorySegment x, MemorySegment y, long from, long to) {
        for (long i = from; i < to; i++) {
            y.set(SHORT, i * 2, HalfFloats.toBfloat16(x.get(FLOAT, i * 4)));
        }
    }
}
