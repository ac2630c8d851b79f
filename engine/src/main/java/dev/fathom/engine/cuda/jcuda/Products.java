package dev.fathom.engine.cuda.jcuda;

import static dev.fathom.engine.cuda.jcuda.Status.cublas;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.GemmCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.cudaDataType;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;

/**
 * cuBLAS on one GPU. One handle, used by one thread at a time; a workspace of our own, because a CUDA graph must not
 * hold one that cuBLAS frees later, and because with it and one stream the same call gives the same bits every time.
 *
 * <p>JCuda's names without {@code _new} take the compute type as it was counted before CUDA 11.
 */
final class Products {
    /** NVIDIA's advice: 32 MiB on Hopper, 4 MiB before. */
    private static final long HOPPER_WORKSPACE = 32L << 20;
    private static final long WORKSPACE = 4L << 20;

    private final cublasHandle handle = new cublasHandle();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment scalars = arena.allocate(ValueLayout.JAVA_FLOAT, 2);
    private final HostPointer alpha = HostPointer.of(scalars);
    private final HostPointer beta = HostPointer.of(scalars.asSlice(4));
    private final long workspace;
    private final long workspaceBytes;
    private CUstream stream;

    Products(JCudaGpu gpu) {
        cublas(JCublas2.cublasCreate(handle), "cublasCreate");
        // float32 stays float32 (no TF32), and half products are never summed in half.
        cublas(JCublas2.cublasSetMathMode(handle,
            cublasMath.CUBLAS_DEFAULT_MATH | cublasMath.CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION),
            "cublasSetMathMode");
        workspaceBytes = gpu.properties().computeCapability() >= 90 ? HOPPER_WORKSPACE : WORKSPACE;
        workspace = gpu.memAlloc(workspaceBytes);
    }

    synchronized void run(GemmCall call, CUstream on) {
        if (stream != on) {
            cublas(JCublas2.cublasSetStream(handle, new cudaStream_t(on)), "cublasSetStream");
            // Setting the stream takes the workspace away.
            cublas(JCublas2.cublasSetWorkspace(handle, new HostPointer(workspace), workspaceBytes),
                "cublasSetWorkspace");
            stream = on;
        }
        scalars.setAtIndex(ValueLayout.JAVA_FLOAT, 0, call.alpha());
        scalars.setAtIndex(ValueLayout.JAVA_FLOAT, 1, call.beta());
        GemmCall.Operand a = call.a();
        GemmCall.Operand b = call.b();
        GemmCall.Operand c = call.c();
        int code = call.batch() == 1
            ? JCublas2.cublasGemmEx_new(handle, operation(a), operation(b), call.m(), call.n(), call.k(), alpha,
                address(a), type(a), a.leading(), address(b), type(b), b.leading(), beta, address(c), type(c),
                c.leading(), cublasComputeType.CUBLAS_COMPUTE_32F, cublasGemmAlgo.CUBLAS_GEMM_DEFAULT)
            : JCublas2.cublasGemmStridedBatchedEx_new(handle, operation(a), operation(b), call.m(), call.n(), call.k(),
                alpha, address(a), type(a), a.leading(), a.stride(), address(b), type(b), b.leading(), b.stride(),
                beta, address(c), type(c), c.leading(), c.stride(), call.batch(),
                cublasComputeType.CUBLAS_COMPUTE_32F, cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
        if (code != 0) {
            cublas(code, "the product " + call);
        }
    }

    private static int operation(GemmCall.Operand operand) {
        return operand.transposed() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    private static HostPointer address(GemmCall.Operand operand) {
        return new HostPointer(operand.address());
    }

    private static int type(GemmCall.Operand operand) {
        return dataType(operand.type());
    }

    private static int dataType(DType type) {
        return switch (type) {
            case F32 -> cudaDataType.CUDA_R_32F;
            case F16 -> cudaDataType.CUDA_R_16F;
            case BF16 -> cudaDataType.CUDA_R_16BF;
            default -> throw new CudaException("cuBLAS products are of float32, float16 or bfloat16, not " + type);
        };
    }

    /** See {@link JCudaGpu#close}. */
    void close() {
        JCublas2.cublasDestroy(handle);
        JCudaDriver.cuMemFree(new DevicePointer(workspace));
        arena.close();
    }
}
