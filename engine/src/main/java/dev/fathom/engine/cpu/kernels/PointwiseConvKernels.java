package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.cpu.kernels.GemmOperands.Matrix;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Conv2d;
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
        if (op.keepMiddle()) {
            ConvKernels.convolve(op.conv(), in, out.get(1));
            second(op, in, out.get(1), y);
        } else if (!inOne(op, in, y)) {
            Tensor weight = in.get(op.conv().inputs());
            try (MemoryScope scope = MemoryScope.open("between two convolutions")) {
                TensorSpec spec = new TensorSpec(y.shape().with(3, weight.dim(3)), y.dtype());
                Tensor middle = Tensor.allocate(spec, y.device());
                ConvKernels.convolve(op.conv(), in, middle);
                second(op, in, middle, y);
            }
        }
        finish(op, y);
    }

    /** Both at once, if they have the shapes for it; false if not, with nothing done. */
    private static boolean inOne(Conv2dPointwise op, List<Tensor> in, Tensor y) {
        Conv2d conv = op.conv();
        Tensor weight = in.get(1);
        int channels = weight.dim(0);
        Patches patches = ConvKernels.patches(in.get(0), conv.geometry(), weight.dim(1), weight.dim(2), y,
            conv.inputRelu());
        if (y.dim(3) != 1 || conv.residuals() > 0 || !Winograd.fits(patches, channels)) {
            return false;
        }
        Winograd.convolve(patches, channels, weight.segment(), conv.bias() ? in.get(2).segment() : null, conv.relu(),
            dot(op, in, channels, y));
        return true;
    }

    /** The second convolution if it has one output. */
    private static PixelDot dot(Conv2dPointwise op, List<Tensor> in, int channels, Tensor y) {
        int second = op.conv().inputs();
        return PixelDot.of(channels, in.get(second).segment(), op.bias() ? in.get(second + 1).segment() : null,
            op.activation() == Conv2dPointwise.Activation.RELU, y.segment());
    }

    private static void second(Conv2dPointwise op, List<Tensor> in, Tensor middle, Tensor y) {
        int second = op.conv().inputs();
        int channels = middle.dim(3);
        int outputs = y.dim(3);
        int pixels = Math.toIntExact(y.shape().product(0, 3));
        if (outputs == 1) {
            dot(op, in, channels, y).run(middle.segment(), pixels);
            return;
        }
        ConvOutput to = new ConvOutput(y.segment(), op.bias() ? in.get(second + 1).segment() : null, null, null, null,
            op.activation() == Conv2dPointwise.Activation.RELU);
        Gemm.run(Matrix.dense(middle.segment(), 0, channels).asRows(),
            Matrix.dense(in.get(second).segment(), 0, channels).asPanelsTransposed(), pixels, outputs, channels,
            to.ofProduct(outputs));
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
