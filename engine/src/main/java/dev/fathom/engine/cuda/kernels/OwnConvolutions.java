package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
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
        boolean large = OwnProducts.large(c.results(), c.o(), 1);
        KernelLaunch launch;
        if (!tensorCores(cuda, c)) {
            launch = tiled(cuda, "conv", large ? "conv_large_" : "conv_small_", c, large ? LARGE : SMALL, large ? LARGE : SMALL,
                    256);
        } else if (c.o() <= NARROW && !Route.largeTiles()) {
            launch = tiled(cuda, "conv_sm80", "conv_narrow_", c, LARGE, NARROW, 128);
        } else if (large) {
            launch = tiled(cuda, "conv_sm80", "conv_large_", c, LARGE, LARGE, 256);
        } else {
            launch = tiled(cuda, "conv_sm80", "conv_small_", c, SMALL, SMALL, 128);
        }
        places(launch, at).arg(c.struct()).arg(c.o()).arg(inputRelu).arg(last.wide()).arg(last.function().code())
                .arg(last.scale()).launch();
    }

    private static KernelLaunch tiled(CudaDevice cuda, String module, String name, Convolution c, int rows, int columns,
                                      int threads) {
        long tiles = (c.results() + rows - 1L) / rows * ((c.o() + columns - 1) / columns);
        return cuda.kernel(module, name + CudaDevice.suffix(c.type())).grid(tiles).block(threads);
    }

    private static KernelLaunch places(KernelLaunch launch, Places at) {
        return launch.arg(at.x()).arg(at.weight()).arg(at.bias()).arg(at.residual()).arg(at.residual2()).arg(at.y());
    }

    /** Whether a convolution to {@code c.o()} channels and the 1x1 convolution after it to {@code outputs} are one launch. */
    static boolean fusesPointwise(Convolution c, int outputs) {
        return c.o() <= SMALL && outputs <= SMALL;
    }

    /** Both in one launch; {@code at.y()} is where the map between them goes, or 0. */
    static void pointwise(CudaDevice cuda, Convolution c, Places at, boolean inputRelu, boolean relu, long weight2, long bias2,
                          long y, int outputs, Last last) {
        if (c.results() == 0 || outputs == 0) {
            return;
        }
        String suffix = CudaDevice.suffix(c.type());
        KernelLaunch launch;
        if (!tensorCores(cuda, c)) {
            launch = cuda.kernel("conv_pointwise", "conv_pointwise_" + suffix).gridFor(c.results(), SMALL).block(256);
        } else if (c.o() <= NARROW && outputs <= DOTS) {
            launch = cuda.kernel("conv_pointwise_sm80", "conv_pointwise_narrow_" + suffix).gridFor(c.results(), LARGE).block(128);
        } else {
            launch = cuda.kernel("conv_pointwise_sm80", "conv_pointwise_small_" + suffix).gridFor(c.results(), SMALL).block(128);
        }
        places(launch, at).arg(weight2).arg(bias2).arg(y).arg(c.struct()).arg(c.o()).arg(inputRelu)
                .arg(Last.relu(relu).function().code()).arg(outputs).arg(last.wide()).arg(last.function().code())
                .arg(last.scale()).launch();
    }

    /** y [N, kh H, kw W, O] of x [N,H,W,I] by weight [I, kh kw O]: windows side by side. */
    static void transposed(CudaDevice cuda, DType type, long x, long weight, long bias, long y, int n, int h,
                           int w, int inputs, int kernelH, int kernelW, int outputs) {
        int pixels = Math.toIntExact((long) n * h * w);
        if (pixels == 0 || outputs == 0) {
            return;
        }
        boolean tensorCores = type != DType.F32 && cuda.properties().hasAmpere();
        cuda.kernel(tensorCores ? "conv_sm80" : "conv", "conv_transpose_" + CudaDevice.suffix(type))
                .grid(OwnProducts.tiles(pixels, (long) kernelH * kernelW * outputs, SMALL)).block(tensorCores ? 128 : 256)
                .arg(x).arg(weight).arg(bias).arg(y).arg(pixels).arg(h).arg(w).arg(inputs).arg(kernelH).arg(kernelW)
                .arg(outputs).launch();
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
                .grid(OwnProducts.tiles(c.pixels(), c.c(), large ? LARGE : SMALL)).block(tensorCores && !large ? 128 : 256)
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
            cuda.kernel(tensorCores ? "conv_backward_sm80" : "conv_backward", "conv_weight_" + CudaDevice.suffix(c.type()))
                    .grid(tiles, 1, parts).block(tensorCores ? 128 : 256)
                    .arg(x).arg(dy).arg(to).arg(c.struct()).arg(c.o()).arg(part).arg(inputRelu).launch();
            if (parts > 1) {
                OwnProducts.addParts(cuda, to, parts, count, dw, "f32");
            }
        }
    }
}
