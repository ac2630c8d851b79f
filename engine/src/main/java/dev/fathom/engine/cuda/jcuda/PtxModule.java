package dev.fathom.engine.cuda.jcuda;

import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.natives.PtxLines;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Hands PTX to the driver's assembler, and its words back when it refuses. */
final class PtxModule {
    /**
     * With {@code -Dfathom.cuda.lines=true} kernels keep their line numbers, for profilers ({@code ncu
     * --import-source}); the driver should then be 12.4 or newer, see {@link PtxLines}.
     */
    static final String KEEP_LINES = "fathom.cuda.lines";

    private static final int LOG_BYTES = 8192;

    private PtxModule() {
    }

    static CUmodule load(String name, String ptx) {
        boolean lines = Boolean.getBoolean(KEEP_LINES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(lines ? ptx : PtxLines.withoutInlining(ptx));
            MemorySegment log = arena.allocate(LOG_BYTES);
            int[] options = {CUjit_option.CU_JIT_ERROR_LOG_BUFFER, CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
                CUjit_option.CU_JIT_GENERATE_LINE_INFO};
            // An array of void*, in which numbers are stored as if they were addresses.
            MemorySegment values = arena.allocate(ValueLayout.JAVA_LONG, options.length);
            values.setAtIndex(ValueLayout.JAVA_LONG, 0, log.address());
            values.setAtIndex(ValueLayout.JAVA_LONG, 1, LOG_BYTES);
            values.setAtIndex(ValueLayout.JAVA_LONG, 2, lines ? 1 : 0);
            CUmodule module = new CUmodule();
            int code = JCudaDriver.cuModuleLoadDataEx(module, HostPointer.of(text), options.length, options,
                HostPointer.of(values));
            if (code != CUresult.CUDA_SUCCESS) {
                String words = log.getString(0).strip();
                CudaException failure = Status.failure(code, "loading the kernels of " + name);
                throw words.isEmpty() ? failure
                    : new CudaException(failure.getMessage() + " The driver's assembler says: " + words,
                    failure.isSticky(),
                        failure);
            }
            return module;
        }
    }
}
