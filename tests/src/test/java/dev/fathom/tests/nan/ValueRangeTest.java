package dev.fathom.tests.nan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.debug.OpChecker;
import dev.fathom.engine.debug.ValueRange;
import dev.fathom.engine.memory.MemoryScope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How values are described. */
class ValueRangeTest {
    private static Tensor tensor(DType dtype, double... values) {
        return Tensor.allocate(new TensorSpec(Shape.of(values.length), dtype), Device.CPU).copyFrom(values);
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F64", "F32", "F16", "BF16"})
    void floats(DType dtype) {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor t = tensor(dtype, -1.5, Double.NaN, 4, Double.POSITIVE_INFINITY, 0.5, Double.NEGATIVE_INFINITY, 1);
            ValueRange range = ValueRange.of(t);
            assertEquals(new ValueRange(t.spec(), -1.5, 4, 1, 1, 2), range);
            assertEquals(dtype + "[7] -1.500 to 4.000, mean 1.000, 1 of 7 NaN, 2 of 7 infinite", range.toString());
            assertEquals(4, range.largest());
            assertFalse(range.isFinite());
            assertEquals(3, OpChecker.nonFinite(List.of(t, tensor(dtype, 1, 2))));
            assertTrue(ValueRange.of(tensor(dtype, 3, 3)).isFinite());
            assertEquals("3.000", ValueRange.of(tensor(dtype, 3, 3)).values());
            assertEquals("all NaN", ValueRange.of(tensor(dtype, Double.NaN, Double.NaN)).values());
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"I64", "I32", "I16", "I8", "U8"})
    void wholeNumbers(DType dtype) {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor t = tensor(dtype, 100, 3, 2);
            assertEquals(new ValueRange(t.spec(), 2, 100, 35, 0, 0), ValueRange.of(t));
            assertEquals(0, OpChecker.nonFinite(List.of(t)));
        }
    }

    /** Longer than a piece that is read at a time, with the extremes in the last one. */
    @Test
    void many() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            double[] values = new double[20_001];
            values[20_000] = 7;
            values[19_999] = -7;
            values[0] = Double.NaN;
            assertEquals(new ValueRange(new TensorSpec(Shape.of(20_001), DType.F32), -7, 7, 0, 1, 0),
                    ValueRange.of(tensor(DType.F32, values)));
        }
    }
}
