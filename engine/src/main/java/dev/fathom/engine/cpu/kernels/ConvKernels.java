package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.cpu.kernels.GemmOperands.Matrix;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.ConvTranspose2d;
import dev.fathom.engine.ops.Unary;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Convolutions as matrix products whose packing gathers {@link Patches}.
 *
 * <p>Forward: patches [pixels, kh kw I] by weights [O, kh kw I] transposed. Gradient of the weights: dy [pixels, O]
 * transposed by patches. Gradient of the picture: for stride 1 a convolution of dy with the window turned around; for
 * larger strides one such convolution for each residue of row and column (see {@link ConvGather}), so that nothing is
 * ever multiplied by the zeros between strides. A ReLU on the input is applied where pixels are packed or transformed,
 * its gradient where sums are written.
 */
public final class ConvKernels {
    private ConvKernels() {
    }

    public static void register(KernelTable table) {
        table.add(Conv2d.class, ConvKernels::forward);
        table.add(ConvTranspose2d.class, (op, in, out) ->
            shuffle(in.get(0), in.get(1), out.get(0), op.bias() ? in.get(2) : null));
        table.add(Conv2dBackwardInput.class, ConvKernels::backwardInput);
        table.add(Conv2dBackwardWeight.class, ConvKernels::backwardWeight);
    }

    /** The windows of a convolution of x; of y only rows and columns are looked at. */
    static Patches patches(Tensor x, ConvGeometry g, int windowH, int windowW, Tensor y, boolean relu) {
        return new Patches(x.segment(), x.dim(0), x.dim(1), x.dim(2), x.dim(3), windowH, windowW,
            g.strideH(), g.strideW(), g.padH(), g.padW(), y.dim(1), y.dim(2), relu);
    }

    private static void forward(Conv2d op, List<Tensor> in, List<Tensor> out) {
        convolve(op, in, out.get(0));
    }

    /** The convolution of the first of these tensors, those that {@code op} has. */
    static void convolve(Conv2d op, List<Tensor> in, Tensor y) {
        Tensor weight = in.get(1);
        Patches patches = patches(in.get(0), op.geometry(), weight.dim(1), weight.dim(2), y, op.inputRelu());
        int added = op.firstResidual();
        ConvOutput to = new ConvOutput(y.segment(), op.bias() ? in.get(2).segment() : null,
            op.residuals() > 0 ? in.get(added).segment() : null,
            op.residuals() > 1 ? in.get(added + 1).segment() : null, null, op.relu());
        if (y.dim(3) == 1 && patches.isImage() && !patches.relu() && !to.isMore()) {
            PixelDot.of(patches.channels(), weight.segment(), to.bias(), op.relu(), y.segment())
                .run(in.get(0).segment(), patches.pixels());
        } else if (Winograd.fits(patches, y.dim(3))) {
            Winograd.convolve(patches, y.dim(3), weight.segment(), to);
        } else {
            Gemm.run(patches.asRows(), Matrix.dense(weight.segment(), 0, patches.elements()).asPanelsTransposed(),
                patches.pixels(), y.dim(3), patches.elements(), to.ofProduct(y.dim(3)));
        }
    }

    private static void backwardWeight(Conv2dBackwardWeight op, List<Tensor> in, List<Tensor> out) {
        Tensor dy = in.get(1);
        int channels = dy.dim(3);
        Patches patches = patches(in.get(0), op.geometry(), op.kernelH(), op.kernelW(), dy, op.inputRelu());
        if (WinogradWeights.run(patches, dy.segment(), channels, out.get(0).segment())) {
            return;
        }
        Gemm.run(Matrix.dense(dy.segment(), 0, channels).asRowsTransposed(), patches.asPanels(),
            channels, patches.elements(), patches.pixels(),
            GemmOutput.to(out.get(0).segment(), 0, (long) patches.elements() * Float.BYTES));
    }

    private static void backwardInput(Conv2dBackwardInput op, List<Tensor> in, List<Tensor> out) {
        ConvGeometry g = op.geometry();
        Tensor dy = in.get(0);
        Tensor weight = in.get(1);
        Tensor dx = out.get(0);
        MemorySegment mask = op.inputRelu() ? in.get(2).segment() : null;
        if (tiles(g, weight, dy, dx)) {
            shuffle(dy, weight, dx, null);
        } else {
            ConvGather.run(g, dy, weight, mask, dx);
        }
        if (mask != null && (g.strideH() != 1 || g.strideW() != 1)) {
            MemorySegment result = dx.segment();
            Chunks.run(dx.numel(), (from, to) ->
                UnaryKernels.backward(Unary.Kind.RELU, mask, result, result, 4 * from, (int) (to - from)));
        }
    }

    /** Whether windows of several pixels lie side by side and cover the picture: each pixel belongs to one window. */
    private static boolean tiles(ConvGeometry g, Tensor weight, Tensor dy, Tensor dx) {
        return weight.dim(1) * weight.dim(2) > 1 && g.padH() == 0 && g.padW() == 0
            && g.strideH() == weight.dim(1) && g.strideW() == weight.dim(2)
            && dx.dim(1) == dy.dim(1) * g.strideH() && dx.dim(2) == dy.dim(2) * g.strideW();
    }

    /**
     * y[n, r kh + i, c kw + j, o] = bias[o] + sum over k of x[n,r,c,k] weight[k,i,j,o]: a product whose rows are whole
     * windows, then each row of each window to its place.
     *
     * @param bias one number for each channel of y, or null
     */
    static void shuffle(Tensor x, Tensor weight, Tensor y, Tensor bias) {
        int kernelH = weight.dim(1);
        int windowRow = weight.dim(2) * weight.dim(3);
        int window = kernelH * windowRow;
        int rows = x.dim(0) * x.dim(1);
        int columns = x.dim(2);
        long windowBytes = (long) window * Float.BYTES;
        long windowRowBytes = (long) windowRow * Float.BYTES;
        MemorySegment windows = Scratch.buffer(Scratch.Purpose.MATRIX, rows * columns * windowBytes);
        GemmOutput to = GemmOutput.to(windows, 0, windowBytes);
        if (bias != null) {
            MemorySegment repeated = Scratch.buffer(Scratch.Purpose.BIAS, windowBytes);
            Lines.copy(bias.segment(), 0, 0, repeated, 0, bias.numel() * Float.BYTES,
                kernelH * weight.dim(2), weight.dim(3));
            to = to.withBias(repeated, 0);
        }
        Gemm.run(Matrix.dense(x.segment(), 0, x.dim(3)).asRows(), Matrix.dense(weight.segment(), 0, window).asPanels(),
            rows * columns, window, x.dim(3), to);
        MemorySegment target = y.segment();
        WorkPool.shared().run(rows, row -> {
            for (int i = 0; i < kernelH; i++) {
                Lines.copy(windows, row * columns * windowBytes + i * windowRowBytes, windowBytes,
                    target, ((long) row * kernelH + i) * columns * windowRowBytes, windowRowBytes, columns, windowRow);
            }
        });
    }
}
