package dev.fathom.tests.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.numeric.HalfFloats;
import dev.fathom.engine.ops.Cast;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Casts on the GPU: every float16 and bfloat16, and those float32 and float64 on which rounding goes wrong. */
class CastKernelTest {
    private static final Device DEVICE = Device.emulated(0);

    private static double rounded(double x, DType to) {
        return switch (to) {
            case F64 -> x;
            case F32 -> (float) x;
            case F16 -> HalfFloats.fromFloat16(HalfFloats.toFloat16(x));
            default -> HalfFloats.fromBfloat16(HalfFloats.toBfloat16(x));
        };
    }

    /** Casts the values, which {@code from} holds exactly, to every other dtype. */
    private static void check(DType from, double[] values) {
        for (DType to : new DType[] {DType.F64, DType.F32, DType.F16, DType.BF16}) {
            try (MemoryScope scope = MemoryScope.open("casts")) {
                Tensor x = Tensor.allocate(new TensorSpec(Shape.of(values.length), from), DEVICE).copyFrom(values);
                double[] y = Cast.of(x, to).toDoubles();
                for (int i = 0; i < y.length; i++) {
                    double value = values[i];
                    assertEquals(rounded(value, to), y[i], 0.0, () -> value + " from " + from + " to " + to);
                    if (value == 0 || y[i] == 0) {
                        assertEquals(Math.copySign(1, value), Math.copySign(1, y[i]), () -> "sign of " + value + " to "
                                + to);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F16", "BF16"})
    void everySixteenBitNumber(DType from) {
        check(from, IntStream.range(0, 1 << 16).mapToDouble(bits -> from == DType.F16
                ? HalfFloats.fromFloat16((short) bits) : HalfFloats.fromBfloat16((short) bits)).toArray());
    }

    /** Halfway between two neighbours of a narrower dtype, and as little as possible to either side of it. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void tiesAndTheirNeighbours(DType from) {
        Random random = new Random(5);
        double[] special = {0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 65504, 65519.99,
            65520, 65536, -70000, 3.3895e38, 3.3961e38, Float.MAX_VALUE, Float.MIN_VALUE, -Float.MIN_VALUE,
            0x1p-24, 0x1p-25, 0x1.000002p-25, 0x1p-133, 0x1p-134, 0x1.8p-134, Double.MIN_VALUE, -Double.MIN_VALUE,
            Double.MAX_VALUE, 0x1p-150, 0x1.000001p-150, 0x1.fffffffp127};
        double[] ties = random.doubles(600).map(u -> {
            double scale = Math.scalb(1.0, random.nextInt(from == DType.F64 ? 60 : 40) - 28);
            int bits = random.nextBoolean() ? 11 : random.nextBoolean() ? 8 : 24;
            double tie = (Math.rint(u * (1 << bits)) + 0.5) * scale * (random.nextBoolean() ? 1 : -1);
            return switch (random.nextInt(3)) {
                case 0 -> tie;
                case 1 -> from == DType.F64 ? Math.nextUp(tie) : Math.nextUp((float) tie);
                default -> from == DType.F64 ? Math.nextDown(tie) : Math.nextDown((float) tie);
            };
        }).toArray();
        double[] all = Arrays.copyOf(special, special.length + ties.length);
        System.arraycopy(ties, 0, all, special.length, ties.length);
        check(from, Arrays.stream(all).map(v -> rounded(v, from)).toArray());
    }
}
