package dev.fathom.engine.cuda.emulated.ptx;

import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.ptx.run.Dim3;
import java.lang.foreign.MemorySegment;

/**
 * The short way to try a kernel: arrays in, a launch, arrays out. Memory and emulator in one, for tests and examples.
 *
 * {@snippet :
 * PtxModule module = PtxModule.parse("saxpy.ptx", Files.readString(path));
 * try (EmulatedGpu gpu = new EmulatedGpu()) {
 *     long x = gpu.put(new float[] {1, 2, 3}, "x");
 *     long y = gpu.empty(12, "y");
 *     gpu.launch(module.kernel("saxpy"), Dim3.of(1), Dim3.of(32), 0, x, y, 2f, 3);
 *     float[] result = gpu.floats(y, 3);
 * }
 * }
 */
public final class EmulatedGpu implements AutoCloseable {
    private final GlobalMemory memory = new GlobalMemory();
    private final Emulator emulator;

    /** With as many threads as there are processors. */
    public EmulatedGpu() {
        emulator = new Emulator(memory);
    }

    /** @param threads how many blocks run at once */
    public EmulatedGpu(int threads) {
        emulator = new Emulator(memory, threads);
    }

    public GlobalMemory memory() {
        return memory;
    }

    public Emulator emulator() {
        return emulator;
    }

    /** Memory with undefined contents. */
    public long empty(long bytes, String label) {
        return memory.malloc(bytes, label);
    }

    /** Memory with these contents. */
    public long put(MemorySegment contents, String label) {
        long address = memory.malloc(contents.byteSize(), label);
        memory.copyIn(address, contents);
        return address;
    }

    public long put(float[] contents, String label) {
        return put(MemorySegment.ofArray(contents), label);
    }

    public long put(int[] contents, String label) {
        return put(MemorySegment.ofArray(contents), label);
    }

    public long put(short[] contents, String label) {
        return put(MemorySegment.ofArray(contents), label);
    }

    public long put(long[] contents, String label) {
        return put(MemorySegment.ofArray(contents), label);
    }

    public void free(long address) {
        memory.free(address);
    }

    /**
     * Runs a kernel.
     *
     * @param arguments one a parameter, see {@link ParameterBlock#of}
     */
    public void launch(PtxKernel kernel, Dim3 grid, Dim3 block, int dynamicShared, Object... arguments) {
        emulator.launch(kernel, grid, block, dynamicShared, ParameterBlock.of(kernel, arguments));
    }

    /** Runs a kernel on a row of blocks, without dynamic shared memory. */
    public void launch(PtxKernel kernel, int blocks, int threads, Object... arguments) {
        launch(kernel, Dim3.of(blocks), Dim3.of(threads), 0, arguments);
    }

    public float[] floats(long address, int count) {
        float[] to = new float[count];
        memory.copyOut(MemorySegment.ofArray(to), address);
        return to;
    }

    public int[] ints(long address, int count) {
        int[] to = new int[count];
        memory.copyOut(MemorySegment.ofArray(to), address);
        return to;
    }

    public short[] shorts(long address, int count) {
        short[] to = new short[count];
        memory.copyOut(MemorySegment.ofArray(to), address);
        return to;
    }

    public long[] longs(long address, int count) {
        long[] to = new long[count];
        memory.copyOut(MemorySegment.ofArray(to), address);
        return to;
    }

    /** Gives all memory back. */
    @Override
    public void close() {
        memory.close();
    }
}
