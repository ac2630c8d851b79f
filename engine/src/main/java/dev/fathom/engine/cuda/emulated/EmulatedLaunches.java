package dev.fathom.engine.cuda.emulated;

import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.Dim3;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.ptx.Emulator;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.ptx.PtxModule;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxException;
import java.lang.foreign.MemorySegment;

/** Modules, functions and launches of the emulated driver, on the PTX {@link Emulator}. */
final class EmulatedLaunches {
    private static final int DEFAULT_SHARED = 48 << 10;

    private final Emulator emulator;
    private final int computeCapability;

    EmulatedLaunches(GlobalMemory memory, EmulatedOptions options) {
        this.emulator = new Emulator(memory);
        this.computeCapability = options.computeCapability();
    }

    /** A loaded module. */
    record Module(PtxModule ptx) {
        Function function(String kernel) {
            try {
                return new Function(ptx.kernel(kernel));
            } catch (PtxException e) {
                throw new CudaException("cuModuleGetFunction: CUDA_ERROR_NOT_FOUND (500): " + e.getMessage(), false, e);
            }
        }
    }

    /** A kernel with the dynamic shared memory it may use. */
    static final class Function {
        private final PtxKernel kernel;
        private int allowedShared = DEFAULT_SHARED;

        Function(PtxKernel kernel) {
            this.kernel = kernel;
        }

        void allowShared(int bytes, int most) {
            if (bytes > most) {
                throw new CudaException("cuFuncSetAttribute: CUDA_ERROR_INVALID_VALUE (1): kernel " + kernel.name()
                        + " asks for " + bytes + " bytes of shared memory; a block has at most " + most);
            }
            allowedShared = bytes;
        }

        void requireLaunchable(int dynamicShared) {
            if (dynamicShared > allowedShared) {
                throw new CudaException("cuLaunchKernel: CUDA_ERROR_INVALID_VALUE (1): kernel " + kernel.name() + " is "
                        + "launched with " + dynamicShared + " bytes of dynamic shared memory and may use "
                        + allowedShared + "; ask for more with cuFuncSetAttribute first");
            }
        }
    }

    /** Loads PTX that this device can run. */
    Module load(String name, String text) {
        PtxModule ptx;
        try {
            ptx = PtxModule.parse(name, text);
        } catch (PtxException e) {
            throw new CudaException("cuModuleLoadData: CUDA_ERROR_INVALID_PTX (218): " + e.getMessage(), false, e);
        }
        int target = Integer.parseInt(ptx.target().replaceAll("\\D", ""));
        if (target > computeCapability) {
            throw new CudaException("cuModuleLoadData: CUDA_ERROR_NO_BINARY_FOR_GPU (209): " + name + " is for "
                    + ptx.target() + ", this device is sm_" + computeCapability);
        }
        return new Module(ptx);
    }

    void run(Function f, Dim3 grid, Dim3 block, int dynamicShared, byte[] arguments) {
        emulator.launch(f.kernel, dim3(grid), dim3(block), dynamicShared, MemorySegment.ofArray(arguments));
    }

    private static dev.fathom.engine.cuda.emulated.ptx.run.Dim3 dim3(Dim3 d) {
        return new dev.fathom.engine.cuda.emulated.ptx.run.Dim3(d.x(), d.y(), d.z());
    }
}
