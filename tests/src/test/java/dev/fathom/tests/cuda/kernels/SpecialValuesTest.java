package dev.fathom.tests.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.numeric.HalfFloats;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.Unary;
import dev.fathom.engine.ops.UnaryBackward;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What GPU kernels do at the ends of the number line: infinities, NaN, zeros with a sign, subnormal numbers. */
class SpecialValuesTest {
    private static final Device DEVICE = Device.emulated(0);
    private static final float[] VALUES = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, -0f,
        Float.MIN_VALUE, -Float.MIN_VALUE, 1e-38f, 1e-20f, 3e38f, -3e38f, 1, -1, 88.7f, 89f, -88.7f, -104f, 14.6f,
        -14.6f, 13f, -13f, 20f, -20f};
    /** Where float32's subnormal numbers begin, relative errors mean nothing. */
    private static final double SMALLEST = 1e-37;

    private static void near(String what, double expected, float actual, double relative) {
        if (Double.isNaN(expected) || Double.isInfinite((float) expected)) {
            assertEquals((float) expected, actual, what);
        } else {
            assertEquals(expected, actual, relative * Math.abs(expected) + SMALLEST, what);
        }
    }

    @ParameterizedTest
    @EnumSource(Unary.Kind.class)
    void functionsOfOneNumber(Unary.Kind kind) {
        try (MemoryScope scope = MemoryScope.open("special values")) {
            Tensor x = Tensors.of(VALUES, VALUES.length).to(DEVICE);
            float[] y = Unary.of(kind, x).toFloats();
            float[] dx = Dispatcher.run1(new UnaryBackward(kind), x,
                    Tensors.full(TensorSpec.of(x), DEVICE, 1)).toFloats();
            for (int i = 0; i < VALUES.length; i++) {
                near(kind + " of " + VALUES[i], kind.value(VALUES[i]), y[i], 0x1p-20);
                double slope = kind.derivative(VALUES[i]);
                // A derivative may be a small difference: then it is as near as the numbers it is a difference of.
                double of = Math.max(1e-7, Math.abs(slope) * 0x1p-20);
                if (Double.isNaN(slope) || Double.isInfinite((float) slope)) {
                    assertEquals((float) slope, dx[i], kind + "' of " + VALUES[i]);
                } else {
                    assertEquals(slope, dx[i], of, kind + "' of " + VALUES[i]);
                }
            }
        }
    }

    /** Every 16-bit number of any size has the slope of the specification, to 2e-7 and one rounding. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F16", "BF16"})
    void slopesOfGeluIn16Bits(DType dtype) {
        double[] all = IntStream.range(0, 1 << 16).mapToDouble(bits -> dtype == DType.F16
                ? HalfFloats.fromFloat16((short) bits) : HalfFloats.fromBfloat16((short) bits))
                .filter(v -> Math.abs(v) > 1e-6 && Math.abs(v) < 20).toArray();
        try (MemoryScope scope = MemoryScope.open("slopes")) {
            Tensor x = Tensor.allocate(new TensorSpec(Shape.of(all.length), dtype), DEVICE).copyFrom(all);
            double[] dx = Dispatcher.run1(new UnaryBackward(Unary.Kind.GELU), x,
                    Tensors.full(TensorSpec.of(x), DEVICE, 1)).toDoubles();
            double unit = dtype == DType.F16 ? 0x1p-11 : 0x1p-8;
            for (int i = 0; i < all.length; i++) {
                double slope = Unary.Kind.GELU.derivative(all[i]);
                // Half a unit; float16 has no numbers closer to each other than 2^-24.
                double limit = 2e-7 + Math.max(unit * Math.abs(slope), dtype == DType.F16 ? 0x1p-25 : 0);
                assertEquals(slope, dx[i], limit, "gelu'(" + all[i] + ")");
            }
        }
    }

    @Test
    void aProductWithoutShiftKeepsTheSignOfZero() {
        try (MemoryScope scope = MemoryScope.open("signs")) {
            float[] y = Affine.of(Tensors.of(new float[] {0f, -0f}, 2).to(DEVICE), -1, 0).toFloats();
            assertTrue(1 / y[0] < 0 && 1 / y[1] > 0, y[0] + " " + y[1]);
        }
    }

    @Test
    void lossesAreNeverUndefinedExceptByNaN() {
        assertEquals(0f, loss(new float[] {1, 2}, new float[] {3, 4}, false), "an empty mask");
        assertEquals(0f, loss(new float[] {1, 2}, new float[] {1, 2}, true), "a perfect prediction");
        assertTrue(Float.isFinite(loss(new float[] {0, -1}, new float[] {3, 4}, true)), "depths of 0 and below");
        assertTrue(Float.isNaN(loss(new float[] {1, Float.NaN}, new float[] {3, 4}, true)), "a NaN stays visible");
        assertEquals(0f, loss(new float[0], new float[0], true), "no pixels");
    }

    private static float loss(float[] pred, float[] target, boolean masked) {
        try (MemoryScope scope = MemoryScope.open("loss")) {
            boolean[] mask = new boolean[pred.length];
            Arrays.fill(mask, masked);
            return (float) MaskedLoss.siLog(0.5).of(Tensors.of(pred, pred.length).to(DEVICE),
                    Tensors.of(target, pred.length).to(DEVICE), Tensors.mask(mask, pred.length).to(DEVICE)).item();
        }
    }
}
