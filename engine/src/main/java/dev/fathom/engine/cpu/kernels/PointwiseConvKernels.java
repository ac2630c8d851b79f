package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.cpu.kernels.GemmOperands.Matrix;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Conv2dPointwise;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A convolution with the 1 x 1 convolution after it. */
public final class PointwiseConvKernels {
    private PointwiseConvKernels() {
    }

    public static void register(KernelTable table) {
        table.add(Conv2dPointwise.class, PointwiseConvKernels::forward);
    }

    private static void forward(Conv2dPointwise op, List<Tensor> in, List<Tensor> out) {
        Tensor y = out.get(0);
        Tensor weight = in.get(op.conv().inputs());
        if (op.keepMiddle()) {
            ConvKernels.convolve(op.conv(), in, out.get(1));
            second(op, in, out.get(1), y);
            return;
        }
        try (MemoryScope scope = MemoryScope.open("between two convolutions")) {
            Tensor middle = Tensor.allocate(new TensorSpec(y.shape().with(3, weight.dim(3)), y.dtype()), Device.CPU);
            ConvKernels.convolve(op.conv(), in, middle);
            second(op, in, middle, y);
        }
    }

    private static void second(Conv2dPointwise op, List<Tensor> in, Tensor middle, Tensor y) {
        int second = op.conv().inputs();
        MemorySegment weight = in.get(second).segment();
        MemorySegment bias = op.bias() ? in.get(second + 1).segment() : null;
        int channels = middle.dim(3);
        int outputs = y.dim(3);
        int pixels = Math.toIntExact(y.shape().product(0, 3));
        boolean relu = op.activation() == Conv2dPointwise.Activation.RELU;
        if (outputs == 1) {
            PixelDot.run(middle.segment(), pixels, channels, weight, bias, relu, y.segment());
        } else {
            Gemm.run(Matrix.dense(middle.segment(), 0, channels).asRows(),
                Matrix.dense(weight, 0, channels).asPanelsTransposed(), pixels, outputs, channels,
                new ConvOutput(y.segment(), bias, null, null, null, relu).ofProduct(outputs));
        }
        finish(op, y);
    }

    /** What neither of the two does on its way: a sigmoid, a factor. */
    private static void finish(Conv2dPointwise op, Tensor y) {
        boolean sigmoid = op.activation() == Conv2dPointwise.Activation.SIGMOID;
        if (!sigmoid && op.scale() == 1) {
            return;
        }
        MemorySegment values = y.segment();
        float scale = (float) op.scale();
        Chunks.run(y.numel(), (from, to) -> {
            int count = (int) (to - from);
            if (sigmoid) {
                UnaryKernels.apply(op.activation().kind(), values, 4 * from, values, 4 * from, count);
            }
            if (scale != 1) {
                ElementwiseKernels.scale(values, 4 * from, scale, values, 4 * from, count);
            }
        });
    }
}
