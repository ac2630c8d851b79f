package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cuda.emulated.ptx.EmulatedGpu;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.ptx.run.Dim3;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxException;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** Branches that not all lanes take, loops of different length, guards, tables, and where lanes meet again. */
class ControlFlowTest {
    /** Stores %r10 of each thread. */
    private static final String STORE = "mul.wide.u32 %rd3, %r1, 4; add.s64 %rd3, %rd1, %rd3; st.global.u32 [%rd3], %r10;";

    /** By the loops that all kernels share, and by code of its own. */
    private static int[] run(PtxKernel kernel, int threads) {
        int[] shared = once(kernel, threads);
        kernel.translate();
        assertArrayEquals(shared, once(kernel, threads));
        return shared;
    }

    private static int[] once(PtxKernel kernel, int threads) {
        try (EmulatedGpu gpu = new EmulatedGpu(1)) {
            long out = gpu.empty(4L * threads, "out");
            gpu.launch(kernel, 1, threads, out, 0L);
            return gpu.ints(out, threads);
        }
    }

    private static int[] want(int threads, IntUnaryOperator f) {
        int[] w = new int[threads];
        Arrays.setAll(w, f);
        return w;
    }

    /** Collatz: every thread has its own number of rounds, with a branch inside. A barrier after it needs them all. */
    @Test
    void loopsOfDifferentLength() {
        PtxKernel k = Ptx.kernel("""
                add.s32 %r11, %r1, 1; mov.u32 %r10, 0;
                LOOP: setp.eq.u32 %p1, %r11, 1; @%p1 bra DONE;
                and.b32 %r12, %r11, 1; setp.ne.u32 %p2, %r12, 0; @%p2 bra ODD;
                shr.u32 %r11, %r11, 1; bra NEXT;
                ODD: mad.lo.s32 %r11, %r11, 3, 1;
                NEXT: add.s32 %r10, %r10, 1; bra LOOP;
                DONE: bar.sync 0;
                """ + STORE);
        assertArrayEquals(want(300, t -> {
            int n = t + 1;
            int rounds = 0;
            for (; n != 1; rounds++) {
                n = n % 2 == 0 ? n / 2 : 3 * n + 1;
            }
            return rounds;
        }), run(k, 300));
    }

    /** The blocks stand in the text in an unnatural order; lanes must still be together at the vote. */
    @Test
    void lanesMeetAgainWhateverTheOrderOfTheText() {
        PtxKernel k = Ptx.kernel("""
                and.b32 %r11, %r1, 3; setp.eq.u32 %p1, %r11, 0; setp.eq.u32 %p2, %r11, 1;
                @%p1 bra A; bra TEST2;
                MEET: activemask.b32 %r10; bra END;
                B: mov.u32 %r12, 2; bra MEET;
                TEST2: @%p2 bra B; mov.u32 %r12, 3; bra MEET;
                A: mov.u32 %r12, 1; bra MEET;
                END: vote.sync.ballot.b32 %r13, %p1, 0xffffffff;
                xor.b32 %r10, %r10, %r13; mad.lo.s32 %r10, %r12, 1, %r10;
                """ + STORE);
        assertArrayEquals(want(32, t -> (0xffffffff ^ 0x11111111) + (t % 4 == 0 ? 1 : t % 4 == 1 ? 2 : 3)), run(k, 32));
    }

    @Test
    void guardsOnAnyInstruction() {
        PtxKernel k = Ptx.kernel("""
                setp.lt.u32 %p1, %r1, 10; setp.gt.u32 %p2, %r1, 4; mov.u32 %r10, 7;
                @%p1 add.s32 %r10, %r10, 1; @!%p2 mul.lo.s32 %r10, %r10, 10;
                @%p1 setp.eq.u32 %p2, %r1, 3; selp.b32 %r11, 100, 0, %p2; add.s32 %r10, %r10, %r11;
                mul.wide.u32 %rd3, %r1, 4; add.s64 %rd3, %rd1, %rd3; st.global.u32 [%rd3], 0; @%p1 st.global.u32 [%rd3], %r10;
                @%p2 bra OUT; bra OUT; OUT:
                """);
        assertArrayEquals(want(32, t -> {
            int r = 7 + (t < 10 ? 1 : 0);
            r = t > 4 ? r : r * 10;
            return t < 10 ? r + (t == 3 ? 100 : 0) : 0;
        }), run(k, 32));
    }

    @Test
    void earlyReturnsAndBranchTables() {
        PtxKernel k = Ptx.kernel("""
                mov.u32 %r10, 0; mul.wide.u32 %rd3, %r1, 4; add.s64 %rd3, %rd1, %rd3; st.global.u32 [%rd3], %r10;
                setp.ge.u32 %p1, %r1, 20; @%p1 ret;
                rem.u32 %r11, %r1, 3;
                TABLE: .branchtargets ZERO, ONE, TWO;
                brx.idx %r11, TABLE;
                TWO: add.s32 %r10, %r10, 200; bra.uni STORE;
                ZERO: mov.u32 %r10, 5;
                ONE: add.s32 %r10, %r10, 100;
                STORE: st.global.u32 [%rd3], %r10;
                """);
        assertArrayEquals(want(32, t -> t >= 20 ? 0 : t % 3 == 0 ? 105 : t % 3 == 1 ? 100 : 200), run(k, 32));
    }

    @Test
    void specialRegisters() {
        PtxKernel k = Ptx.kernel("""
                mov.u32 %r11, %tid.y; mov.u32 %r12, %tid.z; mov.u32 %r13, %ntid.x; mov.u32 %r14, %ntid.y;
                mad.lo.s32 %r15, %r12, %r14, %r11; mad.lo.s32 %r15, %r15, %r13, %r1;
                mov.u32 %r16, %ctaid.y; mov.u32 %r17, %nctaid.x; mov.u32 %r18, %ctaid.x; mad.lo.s32 %r16, %r16, %r17, %r18;
                mov.u32 %r19, %laneid; mov.u32 %r20, %warpid; shl.b32 %r21, %r20, 5; add.s32 %r21, %r21, %r19;
                setp.ne.u32 %p1, %r21, %r15; @%p1 trap;
                mov.u32 %r22, %lanemask_lt; popc.b32 %r22, %r22; setp.ne.u32 %p1, %r22, %r19; @%p1 trap;
                mad.lo.s32 %r1, %r16, 30, %r15; mov.u32 %r10, %r1;
                """ + STORE);
        try (EmulatedGpu gpu = new EmulatedGpu()) {
            long out = gpu.empty(4 * 30 * 12, "out");
            gpu.launch(k, new Dim3(4, 3, 1), new Dim3(5, 3, 2), 0, out, 0L);
            assertArrayEquals(want(360, t -> t), gpu.ints(out, 360));
        }
    }

    @Test
    void shuffles() {
        String[] modes = {"bfly", "up", "down", "idx"};
        for (String mode : modes) {
            for (int width : new int[] {32, 8}) {
                for (int distance : new int[] {0, 1, 3, 5, 7}) {
                    // What CUDA's __shfl functions pass: the segment mask and the clamp.
                    int c = 32 - width << 8 | (mode.equals("up") ? 0 : 31);
                    PtxKernel k = Ptx.kernel("mul.lo.s32 %r11, %r1, 10; shfl.sync." + mode + ".b32 %r10|%p1, %r11, " + distance
                            + ", " + c + ", -1; @!%p1 add.s32 %r10, %r10, 1000;" + STORE);
                    int w = width;
                    assertArrayEquals(want(64, t -> {
                        int lane = t % 32;
                        int in = lane % w;
                        int from = switch (mode) {
                            case "up" -> in - distance;
                            case "down" -> in + distance;
                            case "bfly" -> in ^ distance;
                            default -> distance % w;
                        };
                        boolean ok = from >= 0 && from < w;
                        return ((ok ? lane - in + from : lane) + t / 32 * 32) * 10 + (ok ? 0 : 1000);
                    }), run(k, 64), mode + " " + width + " " + distance);
                }
            }
        }
    }

    @Test
    void votes() {
        PtxKernel k = Ptx.kernel("""
                setp.lt.u32 %p1, %r1, 5; setp.lt.u32 %p2, %r1, 40;
                vote.sync.any.pred %p3, %p1, -1; vote.sync.all.pred %p4, %p2, -1; vote.sync.uni.pred %p5, %p2, -1;
                vote.sync.ballot.b32 %r11, !%p1, -1; vote.sync.all.pred %p6, !%p1, -1;
                selp.b32 %r12, 1, 0, %p3; selp.b32 %r13, 2, 0, %p4; selp.b32 %r14, 4, 0, %p5; selp.b32 %r15, 8, 0, %p6;
                or.b32 %r10, %r12, %r13; or.b32 %r10, %r10, %r14; or.b32 %r10, %r10, %r15; popc.b32 %r11, %r11;
                mad.lo.s32 %r10, %r11, 100, %r10;
                """ + STORE);
        assertArrayEquals(want(64, t -> t < 32 ? 2700 + 1 + 2 + 4 : 3200 + 8), run(k, 64));
    }

    @Test
    void barrierReductions() {
        PtxKernel k = Ptx.kernel("""
                setp.lt.u32 %p1, %r1, 50; bar.red.popc.u32 %r10, 0, %p1; bar.red.and.pred %p2, 0, %p1;
                bar.red.or.pred %p3, 0, !%p1; @%p2 add.s32 %r10, %r10, 1000; @%p3 add.s32 %r10, %r10, 2000;
                """ + STORE);
        assertArrayEquals(want(96, t -> 2050), run(k, 96));
        assertArrayEquals(want(40, t -> 1040), run(k, 40));
    }

    /** Two pairs of warps, each with a barrier of its own. */
    @Test
    void namedBarriers() {
        String body = """
                .shared .align 4 .b8 cells[512];
                shr.u32 %r11, %r1, 6; add.s32 %r12, %r11, 1; mov.u32 %r13, cells;
                shl.b32 %r14, %r1, 2; add.s32 %r14, %r13, %r14; st.shared.u32 [%r14], %r1;
                bar.sync %r12, 64;
                xor.b32 %r15, %r1, 32; shl.b32 %r15, %r15, 2; add.s32 %r15, %r13, %r15; ld.shared.u32 %r10, [%r15];
                """ + STORE;
        assertArrayEquals(want(128, t -> t ^ 32), run(Ptx.kernel(body), 128));
        // The same through the other pair's half is a race: that barrier does not order them.
        KernelFault race = assertThrows(KernelFault.class,
                () -> run(Ptx.kernel(body.replace("xor.b32 %r15, %r1, 32", "xor.b32 %r15, %r1, 64")), 128));
        assertEquals(FaultKind.SHARED_RACE, race.kind());
    }

    @Test
    void registersThatNobodyWrote() {
        // The value is set under a condition and used under another one.
        String body = "setp.lt.u32 %p1, %r1, 20; setp.lt.u32 %p2, %r1, LIMIT; mov.u32 %r10, 0; @!%p1 bra SKIP; mov.u32 %r11, 5; "
                + "SKIP: @!%p2 bra OUT; add.s32 %r10, %r11, 1; OUT: " + STORE;
        assertArrayEquals(want(32, t -> t < 20 ? 6 : 0), run(Ptx.kernel(body.replace("LIMIT", "20")), 32));
        KernelFault fault = assertThrows(KernelFault.class, () -> run(Ptx.kernel(body.replace("LIMIT", "22")), 32));
        assertEquals(FaultKind.UNDEFINED_REGISTER, fault.kind());
        assertTrue(fault.getMessage().contains("threads 20, 21 use the value of register %r11"), fault.getMessage());
        // A mov hands an undefined value on; a guard leaves lanes without one.
        String copied = "setp.lt.u32 %p1, %r1, 8; @%p1 mov.u32 %r11, 5; mov.u32 %r12, %r11; mov.u32 %r10, %r12; " + STORE;
        KernelFault stored = assertThrows(KernelFault.class, () -> run(Ptx.kernel(copied), 32));
        assertTrue(stored.getMessage().contains("threads 8 to 31 use the value of register %r10"), stored.getMessage());
        assertArrayEquals(want(8, t -> 5), run(Ptx.kernel(copied), 8));
    }

    @Test
    void whatIsNotKnownIsNamed() {
        PtxException e = assertThrows(PtxException.class, () -> run(Ptx.kernel("wmma.fancy.b32 %r10, %r1;"), 1));
        assertTrue(e.getMessage().contains("does not know 'wmma.fancy.b32'") && e.getMessage().contains("of the PTX"), e.getMessage());
        assertThrows(PtxException.class, () -> Ptx.kernel("mov.u32 %r10, %clock;"));
        assertThrows(PtxException.class, () -> Ptx.kernel("mov.u32 %r10 %r11;"));
        assertThrows(PtxException.class, () -> run(Ptx.kernel("bra NOWHERE;"), 1));
    }
}
