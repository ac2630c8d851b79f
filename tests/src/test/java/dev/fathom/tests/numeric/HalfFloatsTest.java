package dev.fathom.tests.numeric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.numeric.HalfFloats;
import dev.fathom.tests.golden.Golden;
import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** 16-bit floats against PyTorch's bits (golden a_misc/casts) and against exact arithmetic. */
class HalfFloatsTest {
    private final Golden casts = new Golden("a_misc/casts");

    @Test
    void narrowsToPyTorchsBits() {
        float[] x = casts.npy("x.npy").floats();
        short[] half = casts.npy("f16_bits.npy").shorts();
        short[] brain = casts.npy("bf16_bits.npy").shorts();
        assertEquals(casts.json().get("n").asInt(), x.length);
        for (int i = 0; i < x.length; i++) {
            if (Float.isNaN(x[i])) {
                assertTrue(Float.isNaN(HalfFloats.fromFloat16(HalfFloats.toFloat16(x[i]))), "element " + i);
                assertTrue(Float.isNaN(HalfFloats.fromBfloat16(HalfFloats.toBfloat16(x[i]))), "element " + i);
            } else {
                assertEquals(half[i], HalfFloats.toFloat16(x[i]), "float16 of element " + i + ", " + x[i]);
                assertEquals(brain[i], HalfFloats.toBfloat16(x[i]), "bfloat16 of element " + i + ", " + x[i]);
                assertEquals(half[i], HalfFloats.toFloat16((double) x[i]), "float16 of double " + x[i]);
                assertEquals(brain[i], HalfFloats.toBfloat16((double) x[i]), "bfloat16 of double " + x[i]);
            }
        }
    }

    @Test
    void widensToPyTorchsValues() {
        float[] fromHalf = casts.npy("f16_back.npy").floats();
        float[] fromBrain = casts.npy("bf16_back.npy").floats();
        short[] half = casts.npy("f16_bits.npy").shorts();
        short[] brain = casts.npy("bf16_bits.npy").shorts();
        for (int i = 0; i < half.length; i++) {
            assertEquals(fromHalf[i], HalfFloats.fromFloat16(half[i]), "element " + i);
            assertEquals(fromBrain[i], HalfFloats.fromBfloat16(brain[i]), "element " + i);
        }
    }

    @Test
    void everyPatternSurvivesTheRoundTrip() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float half = HalfFloats.fromFloat16((short) bits);
            float brain = HalfFloats.fromBfloat16((short) bits);
            if (!Float.isNaN(half)) {
                assertEquals((short) bits, HalfFloats.toFloat16(half));
            }
            if (!Float.isNaN(brain)) {
                assertEquals((short) bits, HalfFloats.toBfloat16(brain));
            }
        }
    }

    /**
     * Ties of the 16-bit formats, nudged by less than a float can show: going through float would round them wrongly.
     */
    @Test
    void doublesAreRoundedOnce() {
        double halfTie = 1 + Math.scalb(1.0, -11);
        assertEquals((short) 0x3c00, HalfFloats.toFloat16(halfTie));
        assertEquals((short) 0x3c01, HalfFloats.toFloat16(halfTie + Math.scalb(1.0, -40)));
        assertEquals((short) 0x3c00, HalfFloats.toFloat16(halfTie - Math.scalb(1.0, -40)));
        double brainTie = -(1 + 3 * Math.scalb(1.0, -8));
        assertEquals((short) 0xbf82, HalfFloats.toBfloat16(brainTie));
        assertEquals((short) 0xbf81, HalfFloats.toBfloat16(brainTie + Math.scalb(1.0, -40)));
        assertEquals((short) 0x8000, HalfFloats.toFloat16(-1e-300));
        assertEquals((short) 0x7c00, HalfFloats.toFloat16(1e300));
        assertEquals((short) 0x7f80, HalfFloats.toBfloat16(1e300));
    }

    @Property(tries = 2000)
    void isTheNearestOfItsNeighbours(@ForAll double seed) {
        double value = Math.scalb(Math.IEEEremainder(seed, 1.0) + 0.5, (int) (Double.doubleToLongBits(seed) & 31) - 20);
        short half = HalfFloats.toFloat16(value);
        short brain = HalfFloats.toBfloat16(value);
        var exact = new BigDecimal(value);
        var halfError = new BigDecimal(HalfFloats.fromFloat16(half)).subtract(exact).abs();
        var brainError = new BigDecimal(HalfFloats.fromBfloat16(brain)).subtract(exact).abs();
        for (int step = -1; step <= 1; step += 2) {
            if ((half & 0x7fff) != 0) {
                float other = HalfFloats.fromFloat16((short) (half + step));
                assertTrue(Float.isInfinite(other) || halfError.compareTo(new BigDecimal(other).subtract(exact)
                        .abs()) <= 0);
            }
            if ((brain & 0x7fff) != 0) {
                float other = HalfFloats.fromBfloat16((short) (brain + step));
                assertTrue(brainError.compareTo(new BigDecimal(other).subtract(exact).abs()) <= 0);
            }
        }
    }
}
