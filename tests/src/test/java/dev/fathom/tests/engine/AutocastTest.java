package dev.fathom.tests.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.LinearResidual;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.ScaleInPlace;
import dev.fathom.engine.ops.SumTo;
import dev.fathom.engine.ops.Unary;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Mixed precision: which operations see which dtypes, what gradients become, and when a weight is cast anew. */
class AutocastTest {
    private MemoryScope scope;
    private Tensor x;
    private Tensor weight;
    private Tensor bias;

    @BeforeEach
    void open() {
        scope = MemoryScope.open("test");
        x = ramp(0.37f, 3, 4);
        weight = ramp(0.71f, 5, 4).asParameter();
        bias = ramp(0.1f, 5).asParameter();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    /** Values that no 16-bit format holds. */
    private static Tensor ramp(float step, int... dims) {
        float[] values = new float[(int) Shape.of(dims).numel()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i % 7 - 3) * step + 1e-4f * i;
        }
        return Tensors.of(values, dims);
    }

    private static int casts(Supplier<?> work) {
        AtomicInteger count = new AtomicInteger();
        Dispatcher.listen((op, in, out, nanos) -> count.addAndGet(op instanceof Cast ? 1 : 0));
        try {
            work.get();
        } finally {
            Dispatcher.listen(null);
        }
        return count.get();
    }

    @ParameterizedTest
    @EnumSource(names = {"FP16", "BF16"})
    void aProductTakesItsFactorsIn16BitsAndItsBiasAsItIs(Precision precision) {
        DType half = precision.half();
        Tensor expected = Linear.of(Cast.of(x, half), Cast.of(weight, half), bias);
        try (Autocast mixed = Autocast.open(precision)) {
            Tensor y = Linear.of(x, weight, bias);
            assertEquals(half, y.dtype());
            assertArrayEquals(expected.toFloats(), y.toFloats());
            assertNotEquals(Linear.of(x, weight, null).toFloats()[0], y.toFloats()[0]);
        }
        assertEquals(DType.F32, Linear.of(x, weight, bias).dtype(), "nothing is cast after the session");
    }

    @Test
    void eachOperationHasItsRule() {
        try (Autocast mixed = Autocast.open(Precision.FP16)) {
            Tensor h = Cast.of(x, DType.F16);
            assertEquals(DType.F16, Unary.relu(h).dtype(), "elementwise follows");
            assertEquals(DType.F32, Unary.relu(x).dtype(), "elementwise follows");
            assertEquals(DType.F32, Unary.exp(h).dtype(), "exponentials are float32");
            assertEquals(DType.F32, SumTo.of(h, Shape.SCALAR).dtype(), "sums are float32");
            assertEquals(DType.F32, Binary.add(h, x).dtype(), "mixed arguments widen");
            assertEquals(DType.F16, Binary.add(h, h).dtype(), "equal ones do not");
            assertEquals(DType.F32, Concat.of(0, h, x).dtype(), "mixed parts widen");
            assertEquals(DType.F16, Attention.of(ramp(0.2f, 1, 3, 12), 2).dtype(), "attention is a product");
            Tensor ones = Tensors.of(new float[] {1, 1, 1, 1}, 4);
            Tensor norm = LayerNorm.of(x, ones, Tensors.of(new float[4], 4), 1e-6);
            assertEquals(DType.F16, norm.dtype(), "what the next product wants");
            Tensor stream = LinearResidual.of(norm, ramp(0.5f, 4, 4), null, ones, x);
            assertEquals(DType.F32, stream.dtype(), "the residual stream is float32");
            Tensor depth = Cast.of(Tensors.of(new float[] {1, 2, 3}, 3), DType.F16);
            assertEquals(DType.F32, MaskedLoss.siLog(0.5).of(depth, Tensors.of(new float[] {2, 2, 2}, 3),
                    Tensors.mask(new boolean[] {true, true, true}, 3)).dtype(), "losses are float32");
        }
    }

    @Test
    void aNormIn16BitsIsTheFloat32NormRoundedOnce() {
        Tensor w = ramp(0.3f, 4);
        Tensor wide = LayerNorm.of(x, w, w, 1e-6);
        try (Autocast mixed = Autocast.open(Precision.BF16)) {
            assertArrayEquals(Cast.of(wide, DType.BF16).toFloats(), LayerNorm.of(x, w, w, 1e-6).toFloats());
        }
    }

    @Test
    void gradientsReachTheMasterWeightsUnrounded() {
        Tensor input = x.asParameter();
        Gradients gradients;
        try (Autocast mixed = Autocast.open(Precision.BF16)) {
            gradients = Backward.of(SumTo.of(Unary.square(Linear.of(input, weight, bias)), Shape.SCALAR));
        }
        Tensor dw = gradients.of(weight);
        assertEquals(weight.spec(), dw.spec());
        assertEquals(bias.spec(), gradients.of(bias).spec());
        assertEquals(input.spec(), gradients.of(input).spec(), "a float32 leaf, whose cast had a 16-bit gradient");
        Tensor rounded = Cast.of(Cast.of(dw, DType.BF16), DType.F32);
        assertFalse(java.util.Arrays.equals(rounded.toFloats(), dw.toFloats()), "a sum in float32, never rounded");
        Tensor dx = gradients.of(input);
        assertArrayEquals(Cast.of(Cast.of(dx, DType.BF16), DType.F32).toFloats(), dx.toFloats(), "rounded once");
    }

    @Test
    void gradientsOfAWeightThatIsUsedTwiceAddUp() {
        Tensor square = ramp(0.4f, 4, 4).asParameter();
        Gradients twice;
        try (Autocast mixed = Autocast.open(Precision.FP16)) {
            twice = Backward.of(SumTo.of(Linear.of(Linear.of(x, square, null), square, null), Shape.SCALAR));
        }
        Gradients wide = Backward.of(SumTo.of(Linear.of(Linear.of(x, square, null), square, null), Shape.SCALAR));
        float[] expected = wide.of(square).toFloats();
        float[] actual = twice.of(square).toFloats();
        float largest = 0;
        for (float e : expected) {
            largest = Math.max(largest, Math.abs(e));
        }
        for (int i = 0; i < expected.length; i++) {
            // Two products of 3 or 4 terms, each of factors with one rounding: a few units of 2^-11 of the largest.
            assertEquals(expected[i], actual[i], 8 * 0x1p-11 * largest);
        }
    }

    @Test
    void aWeightIsCastOnceASession() {
        try (GradMode.Scope off = GradMode.noGrad(); Autocast mixed = Autocast.open(Precision.FP16)) {
            assertEquals(2, casts(() -> Linear.of(x, weight, bias)), "x and the weight");
            assertEquals(1, casts(() -> Linear.of(x, weight, bias)), "x alone");
            try (MemoryScope inner = MemoryScope.open("a later picture")) {
                assertEquals(1, casts(() -> Linear.of(x, weight, bias)));
            }
        }
        try (GradMode.Scope off = GradMode.noGrad(); Autocast mixed = Autocast.open(Precision.FP16)) {
            assertEquals(2, casts(() -> Linear.of(x, weight, bias)), "another session");
        }
    }

    @Test
    void aWeightThatChangedIsCastAnew() {
        try (GradMode.Scope off = GradMode.noGrad(); Autocast mixed = Autocast.open(Precision.BF16)) {
            float before = Linear.of(x, weight, null).toFloats()[0];
            Dispatcher.run(new ScaleInPlace(2), weight);
            assertEquals(2 * before, Linear.of(x, weight, null).toFloats()[0], "by an operation in place");
            Dispatcher.run(new ScaleInPlace(2), weight.reshape(20));
            assertEquals(4 * before, Linear.of(x, weight, null).toFloats()[0], "through a view of it");
            weight.copyFrom(new float[20]);
            assertEquals(0, Linear.of(x, weight, null).toFloats()[0], "by the host");
        }
    }

    @Test
    void aCastMadeWithoutRecordingIsNotUsedWhereAGradientIsWanted() {
        try (Autocast mixed = Autocast.open(Precision.BF16)) {
            try (GradMode.Scope off = GradMode.noGrad()) {
                Linear.of(x, weight, bias);
            }
            Gradients g = Backward.of(SumTo.of(Linear.of(x, weight, bias), Shape.SCALAR));
            assertEquals(weight.spec(), g.of(weight).spec());
        }
    }

    @Test
    void castsAreFreedWithTheSessionUnlessAGradientStillNeedsThem() {
        long before = scope.liveBytes();
        Tensor loss;
        try (MemoryScope step = MemoryScope.open("step")) {
            try (Autocast mixed = Autocast.open(Precision.FP16)) {
                loss = SumTo.of(Linear.of(x, weight, bias), Shape.SCALAR);
            }
            Backward.of(loss);
        }
        assertEquals(before, scope.liveBytes());
        try (GradMode.Scope off = GradMode.noGrad()) {
            long live = HostAllocator.shared().stats().liveBytes();
            try (Autocast mixed = Autocast.open(Precision.FP16); MemoryScope picture = MemoryScope.open("picture")) {
                Linear.of(x, weight, bias);
                assertTrue(scope.liveBytes() > before, "the cast is the session's");
            }
            assertEquals(before, scope.liveBytes());
            assertEquals(live, HostAllocator.shared().stats().liveBytes());
        }
    }

    @Test
    void aStandingSessionKeepsItsCastsBetweenVisits() {
        long live = HostAllocator.shared().stats().liveBytes();
        int[] casts = new int[2];
        try (Autocast standing = Autocast.standing(Precision.BF16); GradMode.Scope off = GradMode.noGrad()) {
            for (int i = 0; i < 2; i++) {
                try (MemoryScope picture = MemoryScope.open("picture")) {
                    assertEquals(DType.F32, Linear.of(x, weight, null).dtype(), "not in force until entered");
                    try (Autocast.Visit inside = standing.enter()) {
                        casts[i] = casts(() -> Linear.of(x, weight, null));
                        assertThrows(IllegalStateException.class, standing::enter);
                        assertThrows(IllegalStateException.class, standing::close);
                    }
                }
            }
            assertTrue(HostAllocator.shared().stats().liveBytes() > live, "the cast stays");
        }
        assertArrayEquals(new int[] {2, 1}, casts);
        assertEquals(live, HostAllocator.shared().stats().liveBytes(), "and goes with the session");
    }

    @Test
    void sessionsNest() {
        try (Autocast outer = Autocast.open(Precision.FP16)) {
            try (Autocast inner = Autocast.open(Precision.FP32)) {
                assertEquals(DType.F32, Linear.of(x, weight, bias).dtype());
                assertThrows(IllegalStateException.class, outer::close);
            }
            assertEquals(DType.F16, Linear.of(x, weight, bias).dtype());
        }
    }

    @Test
    void float64IsNotTouched() {
        try (Autocast mixed = Autocast.open(Precision.FP16)) {
            Tensor a = Tensors.reference(new double[] {1, 2, 3, 4}, 2, 2);
            assertEquals(DType.F64, Linear.of(a, a, null).dtype());
            Tensor w = Tensors.reference(new double[] {1, 2}, 2);
            assertEquals(DType.F64, LayerNorm.of(a, w, w, 1e-6).dtype());
        }
    }
}
