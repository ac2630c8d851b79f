package dev.fathom.engine.cuda.jcuda;

import static dev.fathom.engine.cuda.jcuda.Status.cudnn;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.CudaException;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;

/**
 * cuDNN's descriptors of one {@link ConvShape}: pictures NHWC, weights KRSC (which cuDNN also calls NHWC), sums
 * float32.
 */
final class ConvDescriptors {
    final cudnnTensorDescriptor x = new cudnnTensorDescriptor();
    final cudnnTensorDescriptor y = new cudnnTensorDescriptor();
    final cudnnTensorDescriptor bias = new cudnnTensorDescriptor();
    final cudnnFilterDescriptor w = new cudnnFilterDescriptor();
    final cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();

    ConvDescriptors(ConvShape s) {
        int type = dataType(s.type());
        tensor(x, type, s.n(), s.c(), s.h(), s.w());
        tensor(y, type, s.n(), s.o(), s.outH(), s.outW());
        tensor(bias, type, 1, s.o(), 1, 1);
        cudnn(JCudnn.cudnnCreateFilterDescriptor(w), "cudnnCreateFilterDescriptor");
        cudnn(JCudnn.cudnnSetFilter4dDescriptor(w, type, cudnnTensorFormat.CUDNN_TENSOR_NHWC, s.o(), s.c(), s.kernelH(),
            s.kernelW()), "cudnnSetFilter4dDescriptor of " + s);
        cudnn(JCudnn.cudnnCreateConvolutionDescriptor(convolution), "cudnnCreateConvolutionDescriptor");
        cudnn(JCudnn.cudnnSetConvolution2dDescriptor(convolution, s.padH(), s.padW(), s.strideH(), s.strideW(), 1, 1,
            cudnnConvolutionMode.CUDNN_CROSS_CORRELATION, cudnnDataType.CUDNN_DATA_FLOAT),
            "cudnnSetConvolution2dDescriptor of " + s);
        cudnn(JCudnn.cudnnSetConvolutionMathType(convolution, mathType(s.type())), "cudnnSetConvolutionMathType");
    }

    /** float32 by plain multiply-adds: the default would shorten it to TF32. Half types on tensor cores. */
    static int mathType(DType type) {
        return type == DType.F32 ? cudnnMathType.CUDNN_FMA_MATH : cudnnMathType.CUDNN_TENSOR_OP_MATH;
    }

    private static void tensor(cudnnTensorDescriptor descriptor, int type, int n, int c, int h, int w) {
        cudnn(JCudnn.cudnnCreateTensorDescriptor(descriptor), "cudnnCreateTensorDescriptor");
        cudnn(JCudnn.cudnnSetTensor4dDescriptor(descriptor, cudnnTensorFormat.CUDNN_TENSOR_NHWC, type, n, c, h, w),
            "cudnnSetTensor4dDescriptor");
    }

    private static int dataType(DType type) {
        return switch (type) {
            case F32 -> cudnnDataType.CUDNN_DATA_FLOAT;
            case F16 -> cudnnDataType.CUDNN_DATA_HALF;
            case BF16 -> cudnnDataType.CUDNN_DATA_BFLOAT16;
            default -> throw new CudaException("cuDNN convolutions are of float32, float16 or bfloat16, not " + type);
        };
    }

    /** See {@link JCudaGpu#close}. */
    void close() {
        JCudnn.cudnnDestroyTensorDescriptor(x);
        JCudnn.cudnnDestroyTensorDescriptor(y);
        JCudnn.cudnnDestroyTensorDescriptor(bias);
        JCudnn.cudnnDestroyFilterDescriptor(w);
        JCudnn.cudnnDestroyConvolutionDescriptor(convolution);
    }
}
