package dev.fathom.engine.cuda.emulated.check;

import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Buffer;
import dev.fathom.engine.numeric.HalfFloats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Fills buffers with random numbers. */
final class Contents {
    private Contents() {
    }

    static MemorySegment random(Random random, Buffer spec, long count) {
        int bytes = spec.element().bytes();
        MemorySegment to = MemorySegment.ofArray(new byte[Math.toIntExact(count * bytes)]);
        for (long i = 0; i < count; i++) {
            put(to, i * bytes, spec, number(random, spec));
        }
        return to;
    }

    static double number(Random random, Buffer spec) {
        if (spec.element().floating()) {
            return spec.low() + (spec.high() - spec.low()) * random.nextDouble();
        }
        return Math.floor(spec.low() + (spec.high() - spec.low() + 1) * random.nextDouble());
    }

    private static void put(MemorySegment to, long at, Buffer spec, double value) {
        switch (spec.element()) {
            case F32 -> to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float) value);
            case F64 -> to.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, at, value);
            case F16 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, HalfFloats.toFloat16(value));
            case BF16 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, HalfFloats.toBfloat16(value));
            case I8 -> to.set(ValueLayout.JAVA_BYTE, at, (byte) value);
            case I16 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) value);
            case I32 -> to.set(ValueLayout.JAVA_INT_UNALIGNED, at, (int) value);
            case I64 -> to.set(ValueLayout.JAVA_LONG_UNALIGNED, at, (long) value);
        }
    }
}
