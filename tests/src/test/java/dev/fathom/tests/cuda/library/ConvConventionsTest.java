package dev.fathom.tests.cuda.library;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.driver.ConvCall;
import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.ConvShape.Pass;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.emulated.library.EmulatedConvolutions;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** cuDNN's conventions: the three passes against one sum over everything, and the report of each wrong call. */
class ConvConventionsTest {
    private static final int PLACES = 2 * 5 * 6 * 3;

    private final GlobalMemory memory = new GlobalMemory();
    private final Random random = new Random(6);

    @AfterEach
    void close() {
        memory.close();
    }

    /** 2 pictures 5 x 6 with 3 channels, to 4 channels, windows 3 x 2. */
    private static ConvShape shape(Pass pass) {
        return new ConvShape(pass, DType.F32, 2, 5, 6, 3, 4, 3, 2, 2, 1, 1, 0);
    }

    private float[] values(long count) {
        float[] values = new float[(int) count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(-16, 17) / 4f;
        }
        return values;
    }

    private long put(float[] values, String label) {
        long address = memory.malloc(4L * values.length, label);
        memory.copyIn(address, MemorySegment.ofArray(values));
        return address;
    }

    private float[] get(long address, long count) {
        float[] values = new float[(int) count];
        memory.copyOut(MemorySegment.ofArray(values), address);
        return values;
    }

    /** Called for every product that a convolution adds up, with the three elements' indices. */
    private interface Term {
        void at(int x, int w, int y);
    }

    private static void terms(ConvShape s, Term term) {
        for (int y = 0; y < s.yElements(); y++) {
            int o = y % s.o();
            int column = y / s.o() % s.outW();
            int row = y / s.o() / s.outW() % s.outH();
            int n = y / s.o() / s.outW() / s.outH();
            for (int w = o * s.kernelH() * s.kernelW() * s.c(); w < (o + 1) * s.kernelH() * s.kernelW() * s.c(); w++) {
                int c = w % s.c();
                int r = row * s.strideH() - s.padH() + w / s.c() / s.kernelW() % s.kernelH();
                int q = column * s.strideW() - s.padW() + w / s.c() % s.kernelW();
                if (r >= 0 && r < s.h() && q >= 0 && q < s.w()) {
                    term.at(((n * s.h() + r) * s.w() + q) * s.c() + c, w, y);
                }
            }
        }
    }

    private ConvCall call(ConvShape s, long x, long w, long y) {
        ConvPlan plan = EmulatedConvolutions.plan(s, 1 << 20);
        long workspace = memory.malloc(plan.workspaceBytes(), "workspace");
        return ConvCall.plain(s, plan, x, w, y, workspace);
    }

    @Test
    void forwardAddsBiasAndResidualBeforeTheReLU() {
        ConvShape s = shape(Pass.FORWARD);
        float[] x = values(s.xElements());
        float[] w = values(s.wElements());
        float[] bias = values(4);
        float[] residual = values(s.yElements());
        float[] expected = residual.clone();
        terms(s, (ix, iw, iy) -> expected[iy] += x[ix] * w[iw]);
        for (int i = 0; i < expected.length; i++) {
            expected[i] = Math.max(0, expected[i] + bias[i % 4]);
        }
        long y = memory.malloc(4 * s.yElements(), "y");
        EmulatedConvolutions.run(memory, call(s, put(x, "x"), put(w, "w"), y)
                .followedBy(put(bias, "bias"), put(residual, "residual"), true));
        assertArrayEquals(expected, get(y, s.yElements()));
    }

    @Test
    void theBackwardPassesAreTheOtherTwoSums() {
        ConvShape data = shape(Pass.BACKWARD_DATA);
        float[] x = values(data.xElements());
        float[] w = values(data.wElements());
        float[] dy = values(data.yElements());
        float[] dx = new float[PLACES];
        terms(data, (ix, iw, iy) -> dx[ix] += dy[iy] * w[iw]);
        long to = memory.malloc(4 * data.xElements(), "dx");
        EmulatedConvolutions.run(memory, call(data, to, put(w, "w"), put(dy, "dy")));
        assertArrayEquals(dx, get(to, data.xElements()));
        ConvShape filter = shape(Pass.BACKWARD_FILTER);
        float[] dw = new float[w.length];
        terms(filter, (ix, iw, iy) -> dw[iw] += dy[iy] * x[ix]);
        long dwAt = memory.malloc(4 * filter.wElements(), "dw");
        EmulatedConvolutions.run(memory, call(filter, put(x, "x"), dwAt, put(dy, "dy")));
        assertArrayEquals(dw, get(dwAt, filter.wElements()));
    }

    @Test
    void aTensorOfTheWrongSizeIsNamed() {
        ConvShape s = shape(Pass.FORWARD);
        long x = put(values(s.xElements() - 1), "picture");
        long w = put(values(s.wElements()), "w");
        long y = memory.malloc(4 * s.yElements(), "y");
        KernelFault fault = assertThrows(KernelFault.class, () -> EmulatedConvolutions.run(memory, call(s, x, w, y)));
        assertEquals(FaultKind.OUT_OF_BOUNDS_READ, fault.kind());
        assertTrue(fault.getMessage().startsWith("out-of-bounds read in cudnnConvolutionForward"), fault.getMessage());
        assertTrue(fault.getMessage().contains("x: ") && fault.getMessage().contains("'picture'"), fault.getMessage());
    }

    @Test
    void aMissingOrShortWorkspaceIsNoticed() {
        ConvShape s = shape(Pass.FORWARD);
        ConvCall good = call(s, put(values(s.xElements()), "x"), put(values(s.wElements()), "w"),
                memory.malloc(4 * s.yElements(), "y"));
        assertTrue(good.workspaceBytes() > 0);
        ConvCall without = new ConvCall(s, good.plan(), good.x(), good.w(), good.y(), 0, 0, false, 0, 0);
        refused("CUDNN_STATUS_BAD_PARAM", without);
        long small = memory.malloc(8, "small");
        ConvCall lied = new ConvCall(s, good.plan(), good.x(), good.w(), good.y(), 0, 0, false, small, 1 << 20);
        KernelFault fault = assertThrows(KernelFault.class, () -> EmulatedConvolutions.run(memory, lied));
        assertTrue(fault.getMessage().contains("workspace") && fault.getMessage().contains("'small'"), fault.getMessage());
        refused("NOT_SUPPORTED", new ConvCall(s, new ConvPlan(0, 0), good.x(), good.w(), good.y(), 0, 0, false, 0, 0));
    }

    @Test
    void whatBelongsToAnotherPassAndWindowsThatDoNotFitAreRefused() {
        ConvShape s = shape(Pass.BACKWARD_DATA);
        ConvCall call = call(s, memory.malloc(4 * s.xElements(), "dx"), put(values(s.wElements()), "w"),
                put(values(s.yElements()), "dy"));
        refused("forward pass", call.followedBy(0, 0, true));
        ConvShape large = new ConvShape(Pass.FORWARD, DType.F32, 1, 2, 2, 1, 1, 5, 5, 1, 1, 0, 0);
        assertThrows(CudaException.class, () -> EmulatedConvolutions.plan(large, 0));
    }

    @Test
    void halvesMustBeAligned() {
        ConvShape s = new ConvShape(Pass.FORWARD, DType.F16, 1, 4, 4, 8, 8, 3, 3, 1, 1, 1, 1);
        long x = memory.malloc(4 * s.xElements(), "x");
        memory.memset(x, (byte) 0, 4 * s.xElements());
        ConvCall call = call(s, x + 2, x, memory.malloc(2 * s.yElements(), "y"));
        KernelFault fault = assertThrows(KernelFault.class, () -> EmulatedConvolutions.run(memory, call));
        assertEquals(FaultKind.MISALIGNED_ACCESS, fault.kind());
    }

    private void refused(String words, ConvCall call) {
        CudaException e = assertThrows(CudaException.class, () -> EmulatedConvolutions.run(memory, call));
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }
}
