package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.fathom.engine.cuda.emulated.ptx.EmulatedGpu;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import dev.fathom.engine.numeric.HalfFloats;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** mma, ldmatrix and cp.async: who holds which element, written here from the drawings of the PTX manual. */
class TensorCoreInstructionsTest {
    /** Integers from -8 to 8: their products and sums are exact in every format. */
    private static float[] small(int n, long seed) {
        Random random = new Random(seed);
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = random.nextInt(17) - 8;
        }
        return x;
    }

    private static int pair(float low, float high, boolean brain) {
        int l = brain ? HalfFloats.toBfloat16(low) : HalfFloats.toFloat16(low);
        int h = brain ? HalfFloats.toBfloat16(high) : HalfFloats.toFloat16(high);
        return h << 16 | l & 0xffff;
    }

    /** Runs D = A B + C with each lane's registers filled by the manual's rule, and reads D back by it. */
    private static float[] product(int depth, String type, boolean halfSum, float[] a, float[] b, float[] c) {
        boolean brain = type.equals("bf16");
        int as = depth / 4;
        int bs = depth / 8;
        int cs = halfSum ? 2 : 4;
        int[] in = new int[32 * 12];
        for (int lane = 0; lane < 32; lane++) {
            int group = lane / 4;
            int in4 = lane % 4;
            for (int i = 0; i < 2 * as; i += 2) {
                // Element a_i: row group for i in {0, 1, 4, 5}, else group + 8; column 2 in4 + (i & 1), plus 8 for i >= 4.
                int row = i % 4 < 2 ? group : group + 8;
                int column = in4 * 2 + (i >= 4 ? 8 : 0);
                in[lane * 12 + i / 2] = pair(a[row * depth + column], a[row * depth + column + 1], brain);
            }
            for (int i = 0; i < 2 * bs; i += 2) {
                int row = in4 * 2 + (i >= 2 ? 8 : 0);
                in[lane * 12 + 4 + i / 2] = pair(b[row * 8 + group], b[(row + 1) * 8 + group], brain);
            }
            for (int i = 0; i < 4; i++) {
                float value = c[(i < 2 ? group : group + 8) * 8 + in4 * 2 + (i & 1)];
                if (!halfSum) {
                    in[lane * 12 + 8 + i] = Float.floatToRawIntBits(value);
                } else if (i % 2 == 0) {
                    float next = c[(i < 2 ? group : group + 8) * 8 + in4 * 2 + 1];
                    in[lane * 12 + 8 + i / 2] = pair(value, next, false);
                }
            }
        }
        String sum = halfSum ? "f16" : "f32";
        String body = "mul.wide.u32 %rd3, %r1, 48; add.s64 %rd3, %rd2, %rd3; ld.global.v4.u32 {%r10, %r11, %r12, %r13}, [%rd3];"
                + "ld.global.v4.u32 {%r14, %r15, %r16, %r17}, [%rd3+16]; ld.global.v4.u32 {%r20, %r21, %r22, %r23}, [%rd3+32];"
                + "mov.u32 %r32, 0; mov.u32 %r33, 0; mma.sync.aligned.m16n8k" + depth + ".row.col." + sum + "." + type + "." + type
                + "." + sum + " " + list(30, cs) + ", " + list(10, as) + ", " + list(14, bs) + ", " + list(20, cs) + ";"
                + "mul.wide.u32 %rd4, %r1, 16; add.s64 %rd4, %rd1, %rd4; st.global.v4.u32 [%rd4], {%r30, %r31, %r32, %r33};";
        try (EmulatedGpu gpu = new EmulatedGpu(1)) {
            long out = gpu.empty(512, "out");
            PtxKernel kernel = Ptx.kernel(body);
            if (depth == 16) {
                kernel.translate();
            }
            gpu.launch(kernel, 1, 32, out, gpu.put(in, "fragments"));
            int[] got = gpu.ints(out, 128);
            float[] d = new float[128];
            for (int lane = 0; lane < 32; lane++) {
                for (int i = 0; i < 4; i++) {
                    int at = (lane / 4 + (i < 2 ? 0 : 8)) * 8 + lane % 4 * 2 + (i & 1);
                    d[at] = halfSum ? HalfFloats.fromFloat16((short) (got[lane * 4 + i / 2] >> 16 * (i & 1)))
                            : Float.intBitsToFloat(got[lane * 4 + i]);
                }
            }
            return d;
        }
    }

    private static String list(int first, int count) {
        StringBuilder s = new StringBuilder("{");
        for (int i = 0; i < count; i++) {
            s.append(i == 0 ? "" : ", ").append("%r").append(first + i);
        }
        return s.append("}").toString();
    }

    @Test
    void products() {
        for (int depth : new int[] {8, 16}) {
            for (String type : new String[] {"f16", "bf16"}) {
                for (boolean halfSum : type.equals("f16") ? new boolean[] {false, true} : new boolean[] {false}) {
                    float[] a = small(16 * depth, depth);
                    float[] b = small(depth * 8, 7);
                    float[] c = small(128, 9);
                    float[] want = c.clone();
                    for (int i = 0; i < 16; i++) {
                        for (int j = 0; j < 8; j++) {
                            for (int k = 0; k < depth; k++) {
                                want[i * 8 + j] += a[i * depth + k] * b[k * 8 + j];
                            }
                        }
                    }
                    assertArrayEquals(want, product(depth, type, halfSum, a, b, c), depth + " " + type + " " + halfSum);
                }
            }
        }
    }

    @Test
    void loadsOfMatrices() {
        // 32 rows of 8 16-bit elements: element j of row i is 8 i + j.
        short[] rows = new short[256];
        for (int i = 0; i < 256; i++) {
            rows[i] = (short) i;
        }
        for (int count : new int[] {1, 2, 4}) {
            for (boolean transposed : new boolean[] {false, true}) {
                String body = ".shared .align 16 .b8 tile[512]; mov.u32 %r9, tile; shl.b32 %r8, %r1, 4; add.s32 %r9, %r9, %r8;"
                        + "mul.wide.u32 %rd3, %r1, 16; add.s64 %rd4, %rd2, %rd3; ld.global.v4.u32 {%r20, %r21, %r22, %r23}, [%rd4];"
                        + "st.shared.v4.u32 [%r9], {%r20, %r21, %r22, %r23}; bar.sync 0;"
                        + "mov.u32 %r10, 0; mov.u32 %r11, 0; mov.u32 %r12, 0; mov.u32 %r13, 0;"
                        + "ldmatrix.sync.aligned.m8n8.x" + count + (transposed ? ".trans" : "") + ".shared.b16 " + list(10, count)
                        + ", [%r9]; add.s64 %rd3, %rd1, %rd3; st.global.v4.u32 [%rd3], {%r10, %r11, %r12, %r13};";
                try (EmulatedGpu gpu = new EmulatedGpu(1)) {
                    long out = gpu.empty(512, "out");
                    gpu.launch(Ptx.kernel(body), 1, 32, out, gpu.put(rows, "rows"));
                    int[] got = gpu.ints(out, 128);
                    for (int lane = 0; lane < 32; lane++) {
                        for (int m = 0; m < count; m++) {
                            int row = 8 * m + lane / 4;
                            int column = lane % 4 * 2;
                            int low = transposed ? 8 * (8 * m + column) + lane / 4 : 8 * row + column;
                            int high = transposed ? 8 * (8 * m + column + 1) + lane / 4 : 8 * row + column + 1;
                            assertEquals(high << 16 | low, got[lane * 4 + m], "lane " + lane + " matrix " + m);
                        }
                    }
                }
            }
        }
    }

    private static final String COPY = """
            .shared .align 16 .b8 tile[1024]; mov.u32 %r9, tile; shl.b32 %r8, %r1, 4; add.s32 %r9, %r9, %r8;
            mul.wide.u32 %rd3, %r1, 16; add.s64 %rd4, %rd2, %rd3; add.s64 %rd5, %rd1, %rd3;
            """;
    private static final String STORE = "ld.shared.v4.u32 {%r20, %r21, %r22, %r23}, [%r9]; "
            + "st.global.v4.u32 [%rd5], {%r20, %r21, %r22, %r23};";

    private static int[] copied(String body, int[] in) {
        PtxKernel k = Ptx.kernel(COPY + body + STORE);
        try (EmulatedGpu gpu = new EmulatedGpu(1)) {
            long out = gpu.empty(512, "out");
            gpu.launch(k, 1, 32, out, gpu.put(in, "in"));
            return gpu.ints(out, 128);
        }
    }

    @Test
    void copiesFillWithZeros() {
        int[] in = new int[128];
        for (int i = 0; i < 128; i++) {
            in[i] = i + 1;
        }
        int[] whole = copied("cp.async.cg.shared.global [%r9], [%rd4], 16; cp.async.wait_all;", in);
        assertArrayEquals(in, whole);
        // Lane i reads i bytes at most: the rest is zero, and beyond the end of the memory nothing is read.
        int[] part = copied("min.u32 %r7, %r1, 16; cp.async.cg.shared.global [%r9], [%rd4], 16, %r7; cp.async.commit_group; "
                + "cp.async.wait_group 0;", in);
        for (int lane = 0; lane < 32; lane++) {
            for (int word = 0; word < 4; word++) {
                int bytes = Math.clamp(Math.min(lane, 16) - 4 * word, 0, 4);
                int want = bytes == 4 ? in[lane * 4 + word] : in[lane * 4 + word] & (1 << 8 * bytes) - 1;
                assertEquals(want, part[lane * 4 + word], "lane " + lane);
            }
        }
        int[] none = copied("mov.u32 %r7, 0; add.s64 %rd4, %rd4, 100000; cp.async.ca.shared.global [%r9], [%rd4], 8, %r7; "
                + "cp.async.ca.shared.global [%r9+8], [%rd4], 4, %r7; cp.async.ca.shared.global [%r9+12], [%rd4], 4, 0; "
                + "cp.async.wait_all;", in);
        assertArrayEquals(new int[128], none);
    }

    @Test
    void groupsArriveInOrder() {
        String two = "cp.async.cg.shared.global [%r9], [%rd4], 16; cp.async.commit_group; "
                + "cp.async.cg.shared.global [%r9+512], [%rd4], 16; cp.async.commit_group; cp.async.wait_group N;";
        copied(two.replace("N", "1"), new int[128]); // the first is read
        KernelFault early = assertThrows(KernelFault.class, () -> copied(two.replace("N", "2"), new int[128]));
        assertEquals(FaultKind.ASYNC_COPY_NOT_AWAITED, early.kind());
        KernelFault second = assertThrows(KernelFault.class,
                () -> copied(two.replace("N", "1") + "ld.shared.u32 %r19, [%r9+512];", new int[128]));
        assertEquals(FaultKind.ASYNC_COPY_NOT_AWAITED, second.kind());
    }

    /** A copy into a buffer that another warp may still read is a race when it is issued, however late it is awaited. */
    @Test
    void copiesOverWhatOthersRead() {
        String body = "st.shared.u32 [%r9], 1; st.shared.u32 [%r9+4], 1; st.shared.u32 [%r9+8], 1; st.shared.u32 [%r9+12], 1; "
                + "bar.sync 0; xor.b32 %r6, %r8, 512; add.s32 %r6, %r6, tile; ld.shared.u32 %r7, [%r9]; BARRIER "
                + "setp.ge.u32 %p1, %r1, 32; @%p1 cp.async.cg.shared.global [%r6], [%rd2], 16; bar.sync 0; cp.async.wait_all;";
        PtxKernel racy = Ptx.kernel(COPY + body.replace("BARRIER", ""));
        PtxKernel fine = Ptx.kernel(COPY + body.replace("BARRIER", "bar.sync 0;"));
        try (EmulatedGpu gpu = new EmulatedGpu(1)) {
            long in = gpu.put(new int[128], "in");
            gpu.launch(fine, 1, 64, in, in);
            KernelFault race = assertThrows(KernelFault.class, () -> gpu.launch(racy, 1, 64, in, in));
            assertEquals(FaultKind.SHARED_RACE, race.kind());
        }
    }

    @Test
    void wholeWarpsOnly() {
        String body = "mov.u32 %r10, 0; setp.lt.u32 %p1, %r1, 16; @!%p1 bra OUT; mma.sync.aligned.m16n8k8.row.col.f16.f16.f16.f16 "
                + "{%r11, %r12}, {%r10, %r10}, {%r10}, {%r10, %r10}; OUT:";
        try (EmulatedGpu gpu = new EmulatedGpu(1)) {
            KernelFault fault = assertThrows(KernelFault.class, () -> gpu.launch(Ptx.kernel(body), 1, 32, 0L, 0L));
            assertEquals(FaultKind.INCOMPLETE_WARP, fault.kind());
        }
    }
}
