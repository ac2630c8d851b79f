package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cuda.emulated.ptx.EmulatedGpu;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.ptx.PtxModule;
import dev.fathom.engine.cuda.emulated.ptx.run.Dim3;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The tests of the tester: each bug of planted.cu is caught by its name, and each twin without the bug runs in silence. */
class PlantedBugsTest {
    private static final PtxModule PLANTED = Ptx.resource("planted.ptx");

    private final EmulatedGpu gpu = new EmulatedGpu(2);

    /** Half of the kernels run by code of their own. */
    static {
        List<PtxKernel> kernels = PLANTED.kernels();
        for (int i = 0; i < kernels.size(); i += 2) {
            kernels.get(i).translate();
        }
    }

    @AfterEach
    void close() {
        gpu.close();
    }

    private static float[] ramp(int n) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = i + 1;
        }
        return x;
    }

    private void run(String kernel, int blocks, int threads, Object... arguments) {
        gpu.launch(PLANTED.kernel(kernel), blocks, threads, arguments);
    }

    /** The launch must fail with this kind and a report that has these words. */
    private void caught(FaultKind kind, String words, String kernel, int blocks, int threads, Object... arguments) {
        KernelFault fault = assertThrows(KernelFault.class, () -> run(kernel, blocks, threads, arguments));
        assertEquals(kind, fault.kind(), fault.getMessage());
        assertEquals(kernel, fault.kernel());
        assertTrue(fault.getMessage().startsWith(kind.title() + " in " + kernel), fault.getMessage());
        for (String part : words.split("\\|")) {
            assertTrue(fault.getMessage().contains(part), () -> "no '" + part + "' in: " + fault.getMessage());
        }
    }

    @Test
    void indexOffByOne() {
        long x = gpu.put(ramp(200), "input");
        long y = gpu.empty(800, "output");
        caught(FaultKind.OUT_OF_BOUNDS_READ, "planted.cu:8|block (1, 0, 0), thread 72 |right past the end of 'input' (800 bytes)"
                + "|<= instead of <", "scale_off_by_one", 2, 128, x, y, 200);
        caught(FaultKind.OUT_OF_BOUNDS_WRITE, "planted.cu:13|thread 72|right past the end of 'output' (800 bytes)",
                "write_off_by_one", 2, 128, y, 200);
        caught(FaultKind.OUT_OF_BOUNDS_READ, "thread 0 |4 bytes before the start of 'input'|negative index",
                "difference_at_the_edge", 2, 128, x, y, 200);
        run("difference", 2, 128, x, y, 200);
        assertEquals(1f, gpu.floats(y, 200)[199]);
    }

    /** Far outside, and many threads: the report names them all and how far the last one goes. */
    @Test
    void wrongSize() {
        long x = gpu.put(ramp(200), "input");
        long y = gpu.empty(800, "output");
        caught(FaultKind.OUT_OF_BOUNDS_READ, "threads 8 to 31 |the last at byte 892 of 800", "difference", 7, 32, x, y, 2000);
    }

    @Test
    void sameReportForAnyNumberOfThreads() {
        String[] messages = new String[2];
        for (int i = 0; i < 2; i++) {
            try (EmulatedGpu other = new EmulatedGpu(1 + 3 * i)) {
                long x = other.put(ramp(200), "input");
                long y = other.empty(800, "output");
                messages[i] = assertThrows(KernelFault.class,
                        () -> other.launch(PLANTED.kernel("difference"), 500, 32, x, y, 100000)).getMessage();
            }
        }
        assertEquals(messages[0], messages[1]);
        assertTrue(messages[0].contains("block (6, 0, 0)"), messages[0]);
    }

    @Test
    void memoryNeverWritten() {
        long x = gpu.put(ramp(100), "input");
        long y = gpu.empty(400, "sum");
        caught(FaultKind.UNINITIALISED_READ, "threads 0 to 31 |byte 0 of 'sum'|no kernel, copy or fill has written",
                "accumulate", 1, 128, x, y, 100);
        gpu.memory().memset(y, (byte) 0, 400);
        run("accumulate", 1, 128, x, y, 100);
        assertArrayEquals(ramp(100), gpu.floats(y, 100));
        // One element that the fill left out.
        long z = gpu.empty(400, "sum");
        gpu.memory().memset(z, (byte) 0, 396);
        caught(FaultKind.UNINITIALISED_READ, "thread 99 |byte 396 of 'sum'", "accumulate", 1, 128, x, z, 100);
        // A result that was written in part only cannot be read back.
        long part = gpu.empty(400, "output");
        run("difference", 1, 128, x, part, 99);
        KernelFault fault = assertThrows(KernelFault.class, () -> gpu.floats(part, 100));
        assertEquals(FaultKind.UNINITIALISED_READ, fault.kind());
        assertTrue(fault.getMessage().contains("byte 396 was never written"), fault.getMessage());
    }

    @Test
    void misalignedVectors() {
        long x = gpu.put(ramp(64), "input");
        long y = gpu.empty(256, "output");
        run("scale_vectors", 1, 32, x, y, 16);
        assertEquals(128f, gpu.floats(y, 64)[63]);
        caught(FaultKind.MISALIGNED_ACCESS, "planted.cu:36|threads 0 to 14 read 16 bytes each|byte 4 of 'input'"
                + "|no multiple of 16", "scale_vectors", 1, 32, x + 4, y, 15);
    }

    @Test
    void freedMemory() {
        long x = gpu.put(ramp(64), "weights");
        long y = gpu.empty(256, "output");
        gpu.free(x);
        gpu.put(ramp(64), "the next allocation");
        caught(FaultKind.USE_AFTER_FREE, "threads 0 to 31 |byte 0 of 'weights' (256 bytes), which is freed", "difference", 1, 32, x,
                y, 64);
        KernelFault again = assertThrows(KernelFault.class, () -> gpu.free(x));
        assertEquals(FaultKind.DOUBLE_FREE, again.kind());
        caught(FaultKind.OUT_OF_BOUNDS_READ, "a null pointer", "scale_off_by_one", 1, 32, 0L, y, 64);
        caught(FaultKind.OUT_OF_BOUNDS_WRITE, "no address of device memory", "write_off_by_one", 1, 32, 0x7fff12345678L, 64);
    }

    @Test
    void missingBarriers() {
        long x = gpu.put(ramp(1024), "input");
        long y = gpu.empty(4096, "output");
        caught(FaultKind.SHARED_RACE, "planted.cu:|which thread |no __syncthreads() lies between", "reverse_without_barrier", 1,
                256, x, y);
        // The reader's and the writer's line.
        caught(FaultKind.SHARED_RACE, "writes byte|reads at planted.cu:70 (planted.cu:68)",
                "reverse_without_barrier", 1, 256, x, y);
        run("reverse_with_barrier", 1, 256, x, y);
        assertEquals(1f, gpu.floats(y, 256)[255]);
        caught(FaultKind.SHARED_RACE, "in one warp", "neighbour_without_syncwarp", 1, 32, x, y);
        run("neighbour_with_syncwarp", 1, 32, x, y);
        assertEquals(2f, gpu.floats(y, 32)[0]);
        caught(FaultKind.SHARED_RACE, "reads byte|of 'tile'|writes at", "rounds_without_second_barrier", 1, 128, x, y, 3);
        run("rounds_with_both_barriers", 1, 128, x, y, 3);
        assertEquals(128 + 256 + 384, gpu.floats(y, 128)[0]);
    }

    @Test
    void sharedMemoryNeverWritten() {
        long x = gpu.put(ramp(64), "input");
        long y = gpu.empty(256, "output");
        caught(FaultKind.UNINITIALISED_READ, "thread 0 |byte 0 of shared memory|tile", "blur_without_edges", 1, 64, x, y);
        run("blur_with_edges", 1, 64, x, y);
        assertEquals(127f, gpu.floats(y, 64)[63]);
        // A second block on the same host thread must not see the first one's memory as written.
        try (EmulatedGpu one = new EmulatedGpu(1)) {
            long in = one.put(ramp(64), "input");
            long out = one.empty(256, "output");
            one.launch(PLANTED.kernel("blur_with_edges"), 3, 64, in, out);
        }
    }

    @Test
    void sharedMemoryTooSmall() {
        long x = gpu.put(ramp(64), "input");
        long y = gpu.empty(256, "output");
        PtxKernel kernel = PLANTED.kernel("reverse_dynamic");
        gpu.launch(kernel, Dim3.of(1), Dim3.of(64), 256, x, y);
        KernelFault none = assertThrows(KernelFault.class, () -> gpu.launch(kernel, Dim3.of(1), Dim3.of(64), 0, x, y));
        assertTrue(none.getMessage().contains("was launched with none"), none.getMessage());
        KernelFault few = assertThrows(KernelFault.class, () -> gpu.launch(kernel, Dim3.of(1), Dim3.of(64), 252, x, y));
        assertEquals(FaultKind.OUT_OF_BOUNDS_WRITE, few.kind());
        assertTrue(few.getMessage().contains("thread 63 writes 4 bytes of shared memory at byte 252 of 252"),
                few.getMessage());
    }

    @Test
    void twoWritesInOneInstruction() {
        long y = gpu.empty(256, "output");
        caught(FaultKind.SHARED_RACE, "another lane of its warp in the same instruction", "lanes_write_one_place", 1, 32, y, 0);
        run("lanes_write_one_place", 1, 64, y, 1);
        assertEquals(1f, gpu.floats(y, 64)[63]);
        caught(FaultKind.SHARED_RACE, "", "lanes_write_one_place", 1, 64, y, 0);
    }

    @Test
    void barriersThatNotAllReach() {
        long x = gpu.put(ramp(64), "input");
        long y = gpu.empty(4096, "output");
        caught(FaultKind.DIVERGENT_BARRIER, "threads 0 to 15 arrive|threads 16 to 31 at planted.cu:133", "barrier_in_half_a_warp", 1,
                64, y);
        caught(FaultKind.DIVERGENT_BARRIER, "threads 0 to 31 wait|threads 32 to 63 of the block have returned",
                "barrier_in_one_warp", 1, 64, y);
        caught(FaultKind.DIVERGENT_BARRIER, "threads 32 to 49 arrive|threads 50 to 63 at planted.cu:150", "return_before_barrier", 1, 64, x, y, 50);
        caught(FaultKind.DIVERGENT_BARRIER, "threads 32 to 63 of the block have returned", "return_before_barrier", 1, 64, x, y, 32);
        run("return_before_barrier", 1, 64, x, y, 64);
        caught(FaultKind.BARRIER_MISMATCH, "planted.cu:158|planted.cu:155", "two_barriers", 1, 64, y);
    }

    @Test
    void shufflesWithoutTheirLanes() {
        long x = gpu.put(ramp(32), "input");
        long y = gpu.empty(128, "output");
        caught(FaultKind.INCOMPLETE_WARP, "threads 0 to 15 |threads 16 to 31, which it names too, are elsewhere",
                "shuffle_in_half_a_warp", 1, 32, x, y);
        run("shuffle_half_a_warp", 1, 32, x, y);
        float[] got = gpu.floats(y, 32);
        assertEquals(3f, got[0]);
        assertEquals(32f, got[31]);
    }

    @Test
    void asynchronousCopies() {
        long x = gpu.put(ramp(64), "input");
        long y = gpu.empty(256, "output");
        caught(FaultKind.ASYNC_COPY_NOT_AWAITED, "asynchronous copy of thread 63|wait_group", "copy_not_awaited", 1, 64, x, y);
        run("copy_awaited", 1, 64, x, y);
        assertEquals(64f, gpu.floats(y, 64)[0]);
    }

    @Test
    void atomics() {
        long x = gpu.put(ramp(100), "input");
        long sum = gpu.put(new float[1], "sum");
        caught(FaultKind.NONDETERMINISTIC_ATOMIC, "atom.global.add.f32", "sum_by_float_atomics", 1, 128, x, sum, 100);
        long count = gpu.put(new int[1], "count");
        run("count_positive", 4, 32, x, count, 100);
        assertEquals(100, gpu.ints(count, 1)[0]);
    }

    @Test
    void racesBetweenBlocks() {
        long y = gpu.put(new float[65], "output");
        run("blocks_write_one_place", 64, 32, y); // not asked for
        gpu.emulator().checkGlobalRaces(true);
        caught(FaultKind.GLOBAL_RACE, "block (1, 0, 0)|byte 4 of 'output'|block (0, 0, 0) writes another value to",
                "blocks_write_one_place", 64, 32, y);
        caught(FaultKind.GLOBAL_RACE, "block (1, 0, 0)|block (0, 0, 0) reads", "blocks_read_their_neighbours", 64, 32, y);
        long count = gpu.put(new int[1], "count");
        long x = gpu.put(ramp(100), "input");
        run("count_positive", 4, 32, x, count, 100);
        run("difference", 4, 32, x, y, 50);
    }

    @Test
    void launchesThatCannotBe() {
        long y = gpu.empty(4096, "output");
        caught(FaultKind.WRONG_LAUNCH, "129 threads|at most 128", "at_most_128_threads", 1, 129, y);
        run("at_most_128_threads", 1, 128, y);
        caught(FaultKind.WRONG_LAUNCH, "2048 threads", "two_barriers", 1, 2048, y);
        caught(FaultKind.WRONG_PARAMETERS, "takes 3 arguments, not 2", "scale_off_by_one", 1, 32, y, y);
        caught(FaultKind.WRONG_PARAMETERS, "argument 2 (Float)", "scale_off_by_one", 1, 32, y, y, 3f);
        KernelFault size = assertThrows(KernelFault.class, () -> gpu.emulator().launch(PLANTED.kernel("scale_off_by_one"),
                Dim3.of(1), Dim3.of(32), 0, MemorySegment.ofArray(new byte[24])));
        assertEquals(FaultKind.WRONG_PARAMETERS, size.kind());
        assertTrue(size.getMessage().contains("passes 24 bytes, the kernel takes 20: [u64 at 0, u64 at 8, u32 at 16]"),
                size.getMessage());
        KernelFault shared = assertThrows(KernelFault.class, () -> gpu.launch(PLANTED.kernel("reverse_dynamic"), Dim3.of(1),
                Dim3.of(32), 300_000, y, y));
        assertEquals(FaultKind.WRONG_LAUNCH, shared.kind());
    }

    @Test
    void kernelsThatNeverEndOrStopThemselves() {
        gpu.emulator().budget(100_000);
        long flag = gpu.put(new int[1], "flag");
        caught(FaultKind.RUNAWAY_KERNEL, "planted.cu:176", "never_ends", 1, 1, flag, flag);
        gpu.memory().copyIn(flag, MemorySegment.ofArray(new int[] {1}));
        run("never_ends", 1, 1, flag, flag);
        run("stops_itself", 1, 1, flag);
        gpu.memory().copyIn(flag, MemorySegment.ofArray(new int[] {-1}));
        caught(FaultKind.TRAP, "planted.cu:183|thread 0 executes", "stops_itself", 1, 1, flag);
    }

    @Test
    void smallArraysAndVariables() {
        int[] in = new int[160];
        Arrays.setAll(in, i -> i);
        long x = gpu.put(in, "input");
        long y = gpu.empty(128, "output");
        run("local_array", 1, 32, x, y, 3);
        assertEquals(31 * 5 + 4, gpu.ints(y, 32)[31]);
        caught(FaultKind.OUT_OF_BOUNDS_READ, "local memory, which has 20", "local_array", 1, 32, x, y, 4);
        long f = gpu.empty(16, "table");
        long z = gpu.empty(12, "counters");
        run("module_variables", 1, 4, f, z);
        run("module_variables", 1, 4, f, z);
        assertArrayEquals(new float[] {1.5f, -2f, 0.25f, 8f}, gpu.floats(f, 4));
        assertArrayEquals(new int[] {9, 10, 11}, gpu.ints(z, 3));
        long s = gpu.empty(32, "longs");
        byte[] structure = new byte[40];
        MemorySegment fields = MemorySegment.ofArray(structure);
        for (int i = 0; i < 4; i++) {
            fields.set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i, 100L + i);
        }
        structure[32] = 2;
        run("structure", 1, 4, s, structure);
        assertArrayEquals(new long[] {102, 103, 100, 101}, gpu.longs(s, 4));
    }
}
