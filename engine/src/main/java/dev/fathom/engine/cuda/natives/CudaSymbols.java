package dev.fathom.engine.cuda.natives;

import java.util.List;

/**
 * The functions of NVIDIA's libraries that the engine calls. A call to one that a library lacks would end the process,
 * so they are looked up before. A test compares these lists with the calls in the engine's code.
 */
public final class CudaSymbols {
    /** Of libcuda.so.1. */
    public static final List<String> DRIVER = List.of(
        "cuCtxSetCurrent", "cuDeviceGet", "cuDeviceGetAttribute", "cuDeviceGetCount", "cuDeviceGetName",
        "cuDevicePrimaryCtxRelease_v2", "cuDevicePrimaryCtxRetain", "cuDeviceTotalMem_v2", "cuDriverGetVersion",
        "cuEventCreate", "cuEventDestroy_v2", "cuEventElapsedTime", "cuEventQuery", "cuEventRecord",
        "cuEventSynchronize", "cuFuncSetAttribute", "cuGetErrorName", "cuGetErrorString", "cuGraphDestroy",
        "cuGraphExecDestroy", "cuGraphInstantiateWithFlags", "cuGraphLaunch", "cuInit", "cuLaunchKernel",
        "cuMemAlloc_v2", "cuMemFreeHost", "cuMemFree_v2", "cuMemGetInfo_v2", "cuMemHostAlloc", "cuMemcpyDtoDAsync_v2",
        "cuMemcpyDtoHAsync_v2", "cuMemcpyHtoDAsync_v2", "cuMemsetD8Async", "cuModuleGetFunction", "cuModuleLoadDataEx",
        "cuModuleUnload", "cuStreamBeginCapture_v2", "cuStreamCreate", "cuStreamDestroy_v2", "cuStreamEndCapture",
        "cuStreamSynchronize", "cuStreamWaitEvent");

    /** Of libcublas. */
    public static final List<String> CUBLAS = List.of(
        "cublasCreate_v2", "cublasDestroy_v2", "cublasGemmEx", "cublasGemmStridedBatchedEx", "cublasGetProperty",
        "cublasGetStatusName", "cublasSetMathMode", "cublasSetStream_v2", "cublasSetWorkspace_v2");

    /** Of libcudnn. */
    public static final List<String> CUDNN = List.of(
        "cudnnActivationForward", "cudnnAddTensor", "cudnnConvolutionBackwardData", "cudnnConvolutionBackwardFilter",
        "cudnnConvolutionBiasActivationForward", "cudnnConvolutionForward", "cudnnCreate",
        "cudnnCreateActivationDescriptor", "cudnnCreateConvolutionDescriptor", "cudnnCreateFilterDescriptor",
        "cudnnCreateTensorDescriptor", "cudnnDestroy", "cudnnDestroyActivationDescriptor",
        "cudnnDestroyConvolutionDescriptor", "cudnnDestroyFilterDescriptor", "cudnnDestroyTensorDescriptor",
        "cudnnGetConvolutionBackwardDataAlgorithm_v7", "cudnnGetConvolutionBackwardFilterAlgorithm_v7",
        "cudnnGetConvolutionForwardAlgorithm_v7", "cudnnGetCudartVersion", "cudnnGetErrorString", "cudnnGetVersion",
        "cudnnSetActivationDescriptor", "cudnnSetConvolution2dDescriptor", "cudnnSetConvolutionMathType",
        "cudnnSetFilter4dDescriptor", "cudnnSetStream", "cudnnSetTensor4dDescriptor");

    private CudaSymbols() {
    }
}
