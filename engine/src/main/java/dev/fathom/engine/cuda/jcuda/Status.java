package dev.fathom.engine.cuda.jcuda;

import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.DeviceOutOfMemoryException;
import java.util.Set;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;

/**
 * Status codes in words. JCuda's own names for cuDNN's codes are those of version 8, which version 9 renumbered, so the
 * library itself is asked for the name.
 */
final class Status {
    /** After one of these the context is lost: every later call answers the same. */
    private static final Set<Integer> STICKY = Set.of(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
        CUresult.CUDA_ERROR_LAUNCH_TIMEOUT, CUresult.CUDA_ERROR_ASSERT, CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
        CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION, CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
        CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE, CUresult.CUDA_ERROR_INVALID_PC, CUresult.CUDA_ERROR_LAUNCH_FAILED,
        CUresult.CUDA_ERROR_ECC_UNCORRECTABLE, CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
        CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED, CUresult.CUDA_ERROR_EXTERNAL_DEVICE);

    private Status() {
    }

    /** Throws unless the driver's code is 0. */
    static void driver(int code, String call) {
        if (code != CUresult.CUDA_SUCCESS) {
            throw failure(code, call);
        }
    }

    static boolean sticky(int code) {
        return STICKY.contains(code);
    }

    static CudaException failure(int code, String call) {
        String[] name = {null};
        String[] text = {null};
        JCudaDriver.cuGetErrorName(code, name);
        JCudaDriver.cuGetErrorString(code, text);
        String said = call + " failed: " + (name[0] != null ? name[0] + " (" + text[0] + ")" : "code " + code);
        if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            return new DeviceOutOfMemoryException(said + ".");
        }
        return new CudaException(said + advice(code), sticky(code), null);
    }

    private static String advice(int code) {
        if (sticky(code)) {
            return "; nothing more can run on this GPU in this process. A kernel or copy before this call did it: run"
                + " again with"
                + " --debug-sync to see which, or with --device emulated to see why.";
        }
        return switch (code) {
            case CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU, CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION ->
                "; the driver is too old for this kernel, update it.";
            case CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND ->
                "; libnvidia-ptxjitcompiler.so.1 is missing, install the whole driver (in a container: the capability"
                    + " 'compute').";
            case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE ->
                "; another process has the GPU for itself (nvidia-smi shows its compute mode).";
            case CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED ->
                "; something that a CUDA graph cannot hold was done while one was captured.";
            default -> ".";
        };
    }

    static void cublas(int code, String call) {
        if (code != 0) {
            // CUBLAS_STATUS_ALLOC_FAILED
            String said = call + " failed: " + JCublas2.cublasGetStatusName(code) + ".";
            throw code == 3 ? new DeviceOutOfMemoryException(said) : new CudaException(said);
        }
    }

    static void cudnn(int code, String call) {
        if (code != 0) {
            throw cudnnFailure(code, call);
        }
    }

    static CudaException cudnnFailure(int code, String call) {
        String said = call + " failed: " + JCudnn.cudnnGetErrorString(code) + " (" + code + ", " + family(code) + ").";
        return code == ALLOCATION_FAILED ? new DeviceOutOfMemoryException(said) : new CudaException(said);
    }

    /** CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED of cuDNN 9. */
    static final int ALLOCATION_FAILED = 4004;

    /** Whether cuDNN 9 says that it has no way to compute this, rather than that it was asked wrongly: the 3000s. */
    static boolean cudnnUnsupported(int code) {
        return code / 1000 == 3;
    }

    /** cuDNN 9's codes: the thousands say what kind, the rest which. */
    static String family(int code) {
        return switch (code / 1000) {
            case 0 -> "cuDNN 8's numbers: the library is too old";
            case 1 -> "the library is not ready";
            case 2 -> "a wrong argument, a defect of Fathom";
            case 3 -> "not supported on this GPU or in this form";
            case 4 -> "an error inside cuDNN";
            case 5 -> "an error while running";
            default -> "of no known kind";
        };
    }
}
