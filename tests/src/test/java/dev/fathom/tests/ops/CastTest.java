package dev.fathom.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.errors.DTypeException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Cast;
import dev.fathom.tests.golden.Golden;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Casts against PyTorch's, bit for bit: ties, subnormals, overflow, infinities, NaN. */
class CastTest {
    private static final Golden GOLDEN = new Golden("a_misc/casts");

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F16", "BF16"})
    void bitsArePyTorchs(DType dtype) {
        String name = dtype == DType.F16 ? "f16" : "bf16";
        float[] values = GOLDEN.npy("x.npy").floats();
        double[] bits = GOLDEN.npy(name + "_bits.npy").doubles();
        float[] back = GOLDEN.npy(name + "_back.npy").floats();
        assertEquals(591, values.length);
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(values, values.length);
            Tensor half = Cast.of(x, dtype);
            Tensor fromDouble = Cast.of(Cast.of(x, DType.F64), dtype);
            float[] again = Cast.of(half, DType.F32).toFloats();
            for (int i = 0; i < values.length; i++) {
                if (Float.isNaN(values[i])) {
                    assertEquals(Float.NaN, again[i]);      // any NaN pattern is fine
                    continue;
                }
                String where = "element " + i + ", " + values[i];
                assertEquals((short) (int) bits[i], half.segment().getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i),
                        where);
                assertEquals((short) (int) bits[i],
                        fromDouble.segment().getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i), where);
                assertEquals(Float.floatToRawIntBits(back[i]), Float.floatToRawIntBits(again[i]), where);
            }
        }
    }

    @Test
    void theGradientHasTheInputsDtype() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(new float[] {1.0001f, 2}, 2).asParameter();
            Tensor y = Cast.of(x, DType.BF16);
            Tensor cotangent = Tensors.convert(Tensors.of(new float[] {3, -4}, 2), DType.BF16, x.device());
            Tensor g = Backward.of(y, cotangent, null).of(x);
            assertEquals(DType.F32, g.dtype());
            assertEquals(-4, g.toFloats()[1]);
        }
    }

    @Test
    void sameDtypeIsTheSameTensorAndIntegersAreRefused() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(new float[] {1}, 1);
            assertSame(x, Cast.of(x, DType.F32));
            assertThrows(DTypeException.class, () -> Cast.of(x, DType.I32));
            assertThrows(DTypeException.class, () -> Cast.of(Tensors.mask(new boolean[1], 1), DType.F32));
        }
    }
}
