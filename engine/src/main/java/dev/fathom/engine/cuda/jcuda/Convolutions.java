package dev.fathom.engine.cuda.jcuda;

import static dev.fathom.engine.cuda.jcuda.Status.cudnn;

import dev.fathom.engine.cuda.driver.ConvCall;
import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnActivationDescriptor;
import jcuda.jcudnn.cudnnActivationMode;
import jcuda.jcudnn.cudnnConvolutionFwdAlgo;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnNanPropagation;
import jcuda.runtime.cudaStream_t;

/**
 * cuDNN on one GPU. One handle, used by one thread at a time.
 *
 * <p>A forward convolution with bias, residual or ReLU is one call where cuDNN has such a kernel. It has none for some
 * dtypes and GPUs (which ones differs by version, so it is asked); then the same function is computed by three calls,
 * the sums of half tensors being rounded between them.
 */
final class Convolutions {
    private final JCudaGpu gpu;
    private final cudnnHandle handle = new cudnnHandle();
    private final cudnnActivationDescriptor relu = new cudnnActivationDescriptor();
    private final cudnnActivationDescriptor identity = new cudnnActivationDescriptor();
    private final Map<ConvShape, ConvDescriptors> descriptors = new HashMap<>();
    private final Set<ConvShape> notFused = new HashSet<>();
    private final Arena arena = Arena.ofShared();
    private final HostPointer one;
    private final HostPointer zero;
    private CUstream stream;
    /** A bias of zeros, for calls that want one: cuDNN's fused convolution takes no null. */
    private long zeros;
    private long zerosBytes;

    Convolutions(JCudaGpu gpu) {
        this.gpu = gpu;
        MemorySegment scalars = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 0);
        one = HostPointer.of(scalars);
        zero = HostPointer.of(scalars.asSlice(4));
        cudnn(JCudnn.cudnnCreate(handle), "cudnnCreate");
        activation(relu, cudnnActivationMode.CUDNN_ACTIVATION_RELU);
        activation(identity, cudnnActivationMode.CUDNN_ACTIVATION_IDENTITY);
    }

    private static void activation(cudnnActivationDescriptor descriptor, int mode) {
        cudnn(JCudnn.cudnnCreateActivationDescriptor(descriptor), "cudnnCreateActivationDescriptor");
        cudnn(JCudnn.cudnnSetActivationDescriptor(descriptor, mode, cudnnNanPropagation.CUDNN_PROPAGATE_NAN, 0),
            "cudnnSetActivationDescriptor");
    }

    synchronized ConvPlan plan(ConvShape shape, long workspaceLimit) {
        if (shape.pass() == ConvShape.Pass.FORWARD) {
            reserveZeros(4L * shape.o());
        }
        return ConvAlgorithms.choose(handle, shape, descriptors(shape), workspaceLimit);
    }

    private ConvDescriptors descriptors(ConvShape shape) {
        return descriptors.computeIfAbsent(shape, ConvDescriptors::new);
    }

    private void reserveZeros(long bytes) {
        if (bytes > zerosBytes) {
            if (zeros != 0) {
                gpu.memFree(zeros);
            }
            zerosBytes = Math.max(bytes, 1 << 16);
            zeros = gpu.memAlloc(zerosBytes);
            long side = gpu.streamCreate();
            gpu.fill(zeros, (byte) 0, zerosBytes, side);
            gpu.streamSynchronize(side);
            gpu.streamDestroy(side);
        }
    }

    synchronized void run(ConvCall call, CUstream on) {
        if (stream != on) {
            cudnn(JCudnn.cudnnSetStream(handle, new cudaStream_t(on)), "cudnnSetStream");
            stream = on;
        }
        ConvDescriptors d = descriptors(call.shape());
        int algorithm = call.plan().algorithm();
        HostPointer work = at(call.workspace());
        switch (call.shape().pass()) {
            case FORWARD -> forward(call, d);
            case BACKWARD_DATA -> cudnn(JCudnn.cudnnConvolutionBackwardData(handle, one, d.w, at(call.w()), d.y,
                at(call.y()), d.convolution, algorithm, work, call.workspaceBytes(), zero, d.x, at(call.x())),
                "cudnnConvolutionBackwardData of " + call.shape());
            case BACKWARD_FILTER -> cudnn(JCudnn.cudnnConvolutionBackwardFilter(handle, one, d.x, at(call.x()), d.y,
                at(call.y()), d.convolution, algorithm, work, call.workspaceBytes(), zero, d.w, at(call.w())),
                "cudnnConvolutionBackwardFilter of " + call.shape());
        }
    }

    private void forward(ConvCall call, ConvDescriptors d) {
        boolean plain = call.bias() == 0 && call.residual() == 0 && !call.relu();
        // cuDNN: the identity as activation goes with this algorithm only.
        boolean fusible = call.relu()
            || call.plan().algorithm() == cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
        if (!plain && fusible && !notFused.contains(call.shape())) {
            int code = fused(call, d);
            if (!Status.cudnnUnsupported(code)) {
                cudnn(code, "cudnnConvolutionBiasActivationForward of " + call.shape());
                return;
            }
            notFused.add(call.shape());
        }
        cudnn(JCudnn.cudnnConvolutionForward(handle, one, d.x, at(call.x()), d.w, at(call.w()), d.convolution,
            call.plan().algorithm(), at(call.workspace()), call.workspaceBytes(), zero, d.y, at(call.y())),
            "cudnnConvolutionForward of " + call.shape());
        if (call.bias() != 0) {
            cudnn(JCudnn.cudnnAddTensor(handle, one, d.bias, at(call.bias()), one, d.y, at(call.y())),
                "cudnnAddTensor");
        }
        if (call.residual() != 0) {
            cudnn(JCudnn.cudnnAddTensor(handle, one, d.y, at(call.residual()), one, d.y, at(call.y())),
                "cudnnAddTensor");
        }
        if (call.relu()) {
            cudnn(JCudnn.cudnnActivationForward(handle, relu, one, d.y, at(call.y()), zero, d.y, at(call.y())),
                "cudnnActivationForward");
        }
    }

    /** y = act(1 conv(x) + alpha2 z + bias), where z is the residual or, with alpha2 = 0, y itself. */
    private int fused(ConvCall call, ConvDescriptors d) {
        boolean residual = call.residual() != 0;
        return JCudnn.cudnnConvolutionBiasActivationForward(handle, one, d.x, at(call.x()), d.w, at(call.w()),
            d.convolution, call.plan().algorithm(), at(call.workspace()), call.workspaceBytes(),
            residual ? one : zero, d.y, at(residual ? call.residual() : call.y()), d.bias,
            at(call.bias() != 0 ? call.bias() : zeros), call.relu() ? relu : identity, d.y, at(call.y()));
    }

    private static HostPointer at(long address) {
        return new HostPointer(address);
    }

    /** See {@link JCudaGpu#close}. */
    synchronized void close() {
        descriptors.values().forEach(ConvDescriptors::close);
        JCudnn.cudnnDestroyActivationDescriptor(relu);
        JCudnn.cudnnDestroyActivationDescriptor(identity);
        JCudnn.cudnnDestroy(handle);
        if (zeros != 0) {
            JCudaDriver.cuMemFree(new DevicePointer(zeros));
        }
        arena.close();
    }
}
