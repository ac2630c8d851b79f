package dev.fathom.tests.cuda.library;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.driver.GemmCall.Operand;
import dev.fathom.engine.cuda.emulated.library.EmulatedProducts;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import dev.fathom.engine.numeric.HalfFloats;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** cuBLAS's conventions, said again as one formula for each element; and the report of each wrong call. */
class GemmConventionsTest {
    private final GlobalMemory memory = new GlobalMemory();
    private final Random random = new Random(5);

    @AfterEach
    void close() {
        memory.close();
    }

    private float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(-64, 65) / 16f;
        }
        return values;
    }

    private long put(float[] values, DType type, String label) {
        long address = memory.malloc((long) values.length * type.bytes(), label);
        if (type == DType.F32) {
            memory.copyIn(address, MemorySegment.ofArray(values));
        } else {
            short[] bits = new short[values.length];
            for (int i = 0; i < bits.length; i++) {
                bits[i] = type == DType.F16 ? HalfFloats.toFloat16(values[i]) : HalfFloats.toBfloat16(values[i]);
            }
            memory.copyIn(address, MemorySegment.ofArray(bits));
        }
        return address;
    }

    private float[] get(long address, int count) {
        float[] values = new float[count];
        memory.copyOut(MemorySegment.ofArray(values), address);
        return values;
    }

    /** Element (row, column) of op(X) of a matrix of the batch. */
    private static float at(float[] x, Operand o, int batch, int row, int column) {
        return x[(int) (batch * o.stride()) + (o.transposed() ? column + row * o.leading() : row + column * o.leading())];
    }

    @ParameterizedTest
    @CsvSource({"false,false,F32", "true,false,F32", "false,true,F32", "true,true,F32", "false,true,F16", "true,false,BF16"})
    void everyElementIsWhatTheFormulaSays(boolean transA, boolean transB, DType type) {
        int m = 5;
        int n = 7;
        int k = 11;
        int batch = 3;
        // Leading dimensions and strides larger than they need be.
        Operand a = new Operand(0, type, transA, 16, 16 * 16);
        Operand b = new Operand(0, type, transB, 24, 0);
        Operand c = new Operand(0, DType.F32, false, 6, 50);
        float[] valuesA = values(3 * 256);
        float[] valuesB = values(24 * 11);
        float[] before = values(150);
        GemmCall call = new GemmCall(m, n, k, batch, placed(a, put(valuesA, type, "A")), placed(b, put(valuesB, type, "B")),
                placed(c, put(before, DType.F32, "C")), 0.5f, 2);
        EmulatedProducts.run(memory, call);
        float[] after = get(call.c().address(), 150);
        float[] expected = before.clone();
        for (int i = 0; i < batch; i++) {
            for (int row = 0; row < m; row++) {
                for (int column = 0; column < n; column++) {
                    double sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum += at(valuesA, a, i, row, p) * (double) at(valuesB, b, i, p, column);
                    }
                    int place = i * 50 + row + column * 6;
                    expected[place] = (float) (0.5 * sum + 2 * before[place]);
                }
            }
        }
        // All values are small multiples of 1/16: sums are exact, and what lies between columns is untouched.
        assertArrayEquals(expected, after);
    }

    private static Operand placed(Operand o, long address) {
        return new Operand(address, o.type(), o.transposed(), o.leading(), o.stride());
    }

    @Test
    void aRowMajorProductIsTheColumnMajorOneOfTheTransposes() {
        float[] x = {1, 2, 3, 4, 5, 6};
        float[] weight = {1, 0, 2, 0, 1, 3};
        long y = memory.malloc(16, "y");
        EmulatedProducts.run(memory, GemmCall.rowMajor(2, 2, 3, 1, Operand.of(put(x, DType.F32, "x"), DType.F32, false, 3),
                Operand.of(put(weight, DType.F32, "weight"), DType.F32, true, 3), Operand.of(y, DType.F32, false, 2)));
        assertArrayEquals(new float[] {1 + 6, 2 + 9, 4 + 12, 5 + 18}, get(y, 4));
    }

    @Test
    void betaZeroDoesNotReadAndAlphaIsApplied() {
        long c = memory.malloc(4, "never written");
        long one = put(new float[] {3}, DType.F32, "one");
        Operand a = Operand.of(one, DType.F32, false, 1);
        EmulatedProducts.run(memory, new GemmCall(1, 1, 1, 1, a, a, Operand.of(c, DType.F32, false, 1), 2, 0));
        assertArrayEquals(new float[] {18}, get(c, 1));
        long fresh = memory.malloc(4, "fresh");
        KernelFault fault = assertThrows(KernelFault.class, () -> EmulatedProducts.run(memory,
                new GemmCall(1, 1, 1, 1, a, a, Operand.of(fresh, DType.F32, false, 1), 2, 1)));
        assertEquals(FaultKind.UNINITIALISED_READ, fault.kind());
        assertTrue(fault.getMessage().contains("fresh"), fault.getMessage());
    }

    // --- what is wrong, said by name ------------------------------------------------------------------------------

    private GemmCall product(DType type, int leadingA, int leadingB, int leadingC) {
        return GemmCall.single(8, 16, 24,
                Operand.of(put(values(8 * 24), type, "left"), type, false, leadingA),
                Operand.of(put(values(24 * 16), type, "right"), type, false, leadingB),
                Operand.of(memory.malloc(8L * 16 * type.bytes(), "result"), type, false, leadingC));
    }

    @Test
    void leadingDimensionsThatRunPastTheTensorNameIt() {
        EmulatedProducts.run(memory, product(DType.F32, 8, 24, 8));
        KernelFault a = assertThrows(KernelFault.class, () -> EmulatedProducts.run(memory, product(DType.F32, 9, 24, 8)));
        assertEquals(FaultKind.OUT_OF_BOUNDS_READ, a.kind());
        assertTrue(a.getMessage().contains("A (8 x 24 float32, column-major, leading dimension 9)"), a.getMessage());
        assertTrue(a.getMessage().contains("'left'"), a.getMessage());
        KernelFault b = assertThrows(KernelFault.class, () -> EmulatedProducts.run(memory, product(DType.F16, 8, 32, 8)));
        assertTrue(b.getMessage().contains("B (24 x 16 float16, column-major, leading dimension 32)"), b.getMessage());
        KernelFault c = assertThrows(KernelFault.class, () -> EmulatedProducts.run(memory, product(DType.F32, 8, 24, 10)));
        assertEquals(FaultKind.OUT_OF_BOUNDS_WRITE, c.kind());
        assertTrue(c.getMessage().contains("'result'"), c.getMessage());
    }

    @Test
    void leadingDimensionsThatAreTooSmallAreRefusedAsByTheLibrary() {
        for (GemmCall wrong : new GemmCall[] {product(DType.F32, 7, 24, 8), product(DType.F32, 8, 23, 8),
            product(DType.F32, 8, 24, 7)}) {
            CudaException e = assertThrows(CudaException.class, () -> EmulatedProducts.run(memory, wrong));
            assertTrue(e.getMessage().contains("CUBLAS_STATUS_INVALID_VALUE: the leading dimension of "), e.getMessage());
        }
    }

    @Test
    void operandsOfHalvesMustBeAligned() {
        KernelFault leading = assertThrows(KernelFault.class, () -> EmulatedProducts.run(memory,
                product(DType.F16, 9, 24, 8)));
        assertEquals(FaultKind.MISALIGNED_ACCESS, leading.kind());
        long odd = put(values(300), DType.BF16, "odd") + 2;
        Operand a = Operand.of(odd, DType.BF16, false, 8);
        KernelFault address = assertThrows(KernelFault.class, () -> EmulatedProducts.run(memory, GemmCall.single(8, 8, 8,
                a, Operand.of(put(values(64), DType.BF16, "b"), DType.BF16, false, 8),
                Operand.of(memory.malloc(128, "c"), DType.BF16, false, 8))));
        assertEquals(FaultKind.MISALIGNED_ACCESS, address.kind());
        assertTrue(address.getMessage().contains("A at 0x"), address.getMessage());
    }

    @Test
    void dtypesTransposesAndStridesThatDoNotGoTogetherAreRefused() {
        GemmCall good = product(DType.F32, 8, 24, 8);
        Operand half = Operand.of(good.a().address(), DType.F16, false, 8);
        refused("NOT_SUPPORTED", new GemmCall(8, 16, 24, 1, half, good.b(), good.c(), 1, 0));
        refused("NOT_SUPPORTED", new GemmCall(8, 16, 24, 1, good.a(), good.b(), half, 1, 0));
        refused("C cannot be transposed", new GemmCall(8, 16, 24, 1, good.a(), good.b(),
                Operand.of(good.c().address(), DType.F32, true, 16), 1, 0));
        refused("overlap", new GemmCall(8, 16, 24, 2, good.a(), good.b(), good.c(), 1, 0));
        refused("negative", new GemmCall(-8, 16, 24, 1, good.a(), good.b(), good.c(), 1, 0));
    }

    private void refused(String words, GemmCall call) {
        CudaException e = assertThrows(CudaException.class, () -> EmulatedProducts.run(memory, call));
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }
}
