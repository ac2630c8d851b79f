package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.KernelLaunch;
import dev.fathom.engine.cuda.kernels.Convolution.Places;
import dev.fathom.engine.cuda.kernels.Product.Function;
import dev.fathom.engine.memory.MemoryScope;

/** Convolutions by conv*_sm80.cu (halves on tensor cores) and conv*.cu (everything else). */
final class OwnConvolutions {
    /** Most outputs of a 1x1 convolution that are dot products (MOST_DOTS of pointwise_dots.cuh). */
    static final int DOTS = 4;
    private static final int NARROW = 32;
    private static final int SMALL = 64;
    private static final int LARGE = 128;

    private OwnConvolutions() {
    }

    /** What is done to the result after bias and residuals. */
    record Last(Function function, float scale, boolean wide) {
        static Last relu(boolean relu) {
            return new Last(relu ? Function.RELU : Function.LINEAR, 1, false);
        }
    }

    private static boolean tensorCores(CudaDevice cuda, Convolution c) {
        return c.half() && cuda.properties().hasAmpere();
    }

    static void forward(CudaDevice cuda, Convolution c, Places at, boolean inputRelu, Last last) {
        if (c.results() == 0 || c.o() == 0) {
            return;
        }
        String suffix = CudaDevice.suffix(c.type());
        if (c.pointwise() && c.o() <= DOTS) {
            places(cuda.kernel("conv", "conv_dot_" + suffix).gridFor(c.results(), 256).block(256), at)
                    .arg((long) c.results()).arg(c.c()).arg(c.o())
                    .arg(inputRelu).arg(last.wide()).arg(last.function().code()).arg(last.scale()).launch();
            return;
        }
        boolean tensorCores = tensorCores(cuda, c);
        boolean large = (tensorCores || !c.half()) && OwnProducts.large(c.results(), c.o(), 1);
        KernelLaunch launch;
        if (tensorCores && c.o() <= NARROW && !Route.largeTiles()) {
            launch = cuda.kernel("conv_sm80", "conv_narrow_" + suffix).gridFor(c.results(), LARGE).block(128);
        } else {
            int tile = large ? LARGE : SMALL;
            launch = cuda.kernel(tensorCores ? "conv_sm80" : "conv", (large ? "conv_large_" : "conv_small_") + suffix)
                    .grid(OwnProducts.tiles(c.results(), c.o(), tile)).block(OwnProducts.threads(tensorCores, large));
        }
        places(launch, at).arg(c.struct()).arg(c.o()).arg(inputRelu).arg(last.wide()).arg(last.function().code())
                .arg(last.scale()).launch();
    }

    private static KernelLaunch places(KernelLaunch launch, Places at) {
        return launch.arg(at.x()).arg(at.weight()).arg(at.bias()).arg(at.residual()).arg(at.residual2()).arg(at.y());
    }

    /** Whether a convolution and the 1x1 convolution to {@code outputs} channels after it are one launch. */
    static boolean fusesPointwise(Convolution c, int outputs) {
        return c.o() <= SMALL && outputs <= SMALL;
    }

    /**
     * Both in one launch.
     *
     * @param at {@code y} is where the map between them goes, or 0
     * @param relu whether ReLU follows the first
     * @param next the second's weight [outputs, c.o()], its bias or 0, and y
     */
    static void pointwise(CudaDevice cuda, Convolution c, Places at, boolean inputRelu, boolean relu, Second next,
                          Last last) {
        if (c.results() == 0 || next.outputs() == 0) {
            return;
        }
        String suffix = CudaDevice.suffix(c.type());
        KernelLaunch launch;
        if (!tensorCores(cuda, c)) {
            launch = cuda.kernel("conv_pointwise", "conv_pointwise_" + suffix).gridFor(c.results(), SMALL).block(256);
        } else {
            boolean narrow = c.o() <= NARROW && next.outputs() <= DOTS;
            String name = "conv_pointwise_" + (narrow ? "narrow_" : "small_");
            launch = cuda.kernel("conv_pointwise_sm80", name + suffix).gridFor(c.results(), narrow ? LARGE : SMALL).block(128);
        }
        places(launch, at).arg(next.weight()).arg(next.bias()).arg(next.y()).arg(c.struct()).arg(c.o()).arg(inputRelu)
                .arg(Last.relu(relu).function().code()).arg(next.outputs()).arg(last.wide())
                .arg(last.function().code()).arg(last.scale()).launch();
    }

    /** Addresses of a 1x1 convolution to {@code outputs} channels. */
    record Second(long weight, long bias, long y, int outputs) {
    }

    /**
     * The picture of a convolution whose windows lie side by side, from its result: dx [N, kh H', kw W', C] of dy
     * [N,H',W',O] by weight [O, kh kw C], plus a bias for each channel, or 0. That is what a transposed convolution is.
     */
    static void transposed(CudaDevice cuda, Convolution c, long dy, long weight, long bias, long dx) {
        if (c.pixels() == 0 || c.c() == 0) {
            return;
        }
        boolean tensorCores = tensorCores(cuda, c);
        cuda.kernel(tensorCores ? "conv_sm80" : "conv", "conv_transpose_" + CudaDevice.suffix(c.type()))
                .grid(OwnProducts.tiles(c.results(), c.depth(), SMALL)).block(OwnProducts.threads(tensorCores, false))
                .arg(dy).arg(weight).arg(bias).arg(dx).arg(c.results()).arg(c.outH()).arg(c.outW()).arg(c.o())
                .arg(c.kernelH()).arg(c.kernelW()).arg(c.c()).launch();
    }

    /** dx, zero where {@code gate}, if there is one, is not positive. */
    static void backwardInput(CudaDevice cuda, Convolution c, long dy, long weight, long gate, long dx) {
        if (c.pixels() == 0 || c.c() == 0) {
            return;
        }
        boolean tensorCores = tensorCores(cuda, c);
        boolean large = tensorCores && OwnProducts.large(c.pixels(), c.c(), 1);
        String name = !tensorCores ? "conv_input_" : large ? "conv_input_large_" : "conv_input_small_";
        cuda.kernel(tensorCores ? "conv_backward_sm80" : "conv_backward", name + CudaDevice.suffix(c.type()))
                .grid(OwnProducts.tiles(c.pixels(), c.c(), large ? LARGE : SMALL))
                .block(OwnProducts.threads(tensorCores, large))
                .arg(dy).arg(weight).arg(gate).arg(dx).arg(c.struct()).arg(c.o()).launch();
    }

    /** dw, float32. */
    static void backwardWeight(CudaDevice cuda, Convolution c, long x, long dy, long dw, boolean inputRelu) {
        long count = (long) c.o() * c.depth();
        if (count == 0) {
            return;
        }
        boolean tensorCores = tensorCores(cuda, c);
        long tiles = OwnProducts.tiles(c.o(), c.depth(), SMALL);
        int part = OwnProducts.part(c.results(), tiles);
        int parts = Math.max(1, (c.results() + part - 1) / part);
        try (MemoryScope scope = MemoryScope.scratch("parts of a weight's gradient")) {
            long to = parts == 1 ? dw : cuda.workspace(parts * count * Float.BYTES).address();
            String module = tensorCores ? "conv_backward_sm80" : "conv_backward";
            cuda.kernel(module, "conv_weight_" + CudaDevice.suffix(c.type())).grid(tiles, 1, parts)
                    .block(OwnProducts.threads(tensorCores, false))
                    .arg(x).arg(dy).arg(to).arg(c.struct()).arg(c.o()).arg(part).arg(inputRelu).launch();
            if (parts > 1) {
                OwnProducts.addParts(cuda, to, parts, count, dw, "f32");
            }
        }
    }
}
