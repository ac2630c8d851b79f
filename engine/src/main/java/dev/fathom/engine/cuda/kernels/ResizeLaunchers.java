package dev.fathom.engine.cuda.kernels;

import static dev.fathom.engine.cuda.kernels.Vectors.ceil;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.KernelLaunch;
import dev.fathom.engine.ops.ResizeBicubic;
import dev.fathom.engine.ops.ResizeBicubicBackward;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.engine.ops.ResizeBilinearBackward;
import dev.fathom.engine.ops.ResizeNearest;
import dev.fathom.engine.ops.ResizeNearestBackward;
import java.util.List;

/** Resizing of [N,H,W,C] and its gradients: {@code resize.cu} and {@code resize_backward.cu}. */
public final class ResizeLaunchers {
    private static final int THREADS = 256;

    /** The most blocks that a grid has in its second direction; kernels come round again for the rest of a row. */
    private static final int MOST_TILES = 65_535;

    /** MOST_ROWS of axes.cuh. */
    private static final int MOST_BAND = 8;

    /** One block for each of the 132 processors of an H200: with bands of n rows we want n times as many. */
    private static final long FULL = 132;

    private ResizeLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(ResizeBilinear.class, (cuda, op, in, out) -> forward(cuda, "bilinear", in, out,
                (launch, band) -> launch.arg(band).arg(op.alignCorners())));
        table.add(ResizeBicubic.class, (cuda, op, in, out) -> forward(cuda, "bicubic", in, out,
                (launch, band) -> cubic(launch, op.alignCorners(), op.stepH(), op.stepW())));
        table.add(ResizeNearest.class, (cuda, op, in, out) -> forward(cuda, "nearest", in, out,
                (launch, band) -> launch));
        table.add(ResizeBilinearBackward.class, (cuda, op, in, out) -> backward(cuda, "bilinear", in, out,
                (launch, band) -> launch.arg(band).arg(op.alignCorners())));
        table.add(ResizeBicubicBackward.class, (cuda, op, in, out) -> backward(cuda, "bicubic", in, out,
                (launch, band) -> cubic(launch, op.alignCorners(), op.stepH(), op.stepW())));
        table.add(ResizeNearestBackward.class, (cuda, op, in, out) -> backward(cuda, "nearest", in, out,
                (launch, band) -> launch));
    }

    /** A kernel's last arguments. */
    private interface Rule {
        KernelLaunch add(KernelLaunch launch, int band);
    }

    /** A float64 argument is passed as the 8 bytes it has. */
    private static KernelLaunch cubic(KernelLaunch launch, boolean alignCorners, double stepH, double stepW) {
        return launch.arg(alignCorners).arg(Double.doubleToRawLongBits(stepH)).arg(Double.doubleToRawLongBits(stepW));
    }

    private static void forward(CudaDevice cuda, String mode, List<Tensor> in, List<Tensor> out, Rule rule) {
        launch(cuda, "resize", "resize_" + mode + "_", in.get(0), out.get(0), rule, in.get(0), out.get(0));
    }

    private static void backward(CudaDevice cuda, String mode, List<Tensor> in, List<Tensor> out, Rule rule) {
        launch(cuda, "resize_backward", "resize_" + mode + "_backward_", in.get(0), out.get(0), rule, out.get(0),
                in.get(0));
    }

    /**
     * @param small the tensor that the forward reads, or its gradient
     * @param large the tensor that the forward writes, or its gradient
     */
    private static void launch(CudaDevice cuda, String module, String kernel, Tensor from, Tensor to, Rule rule,
            Tensor small, Tensor large) {
        if (to.numel() == 0) {
            return;
        }
        int channels = to.dim(3);
        int lanes = Vectors.lanes(to);
        int pack = channels % lanes == 0 && Vectors.aligned(from, to) ? lanes : 1;
        int tiles = (int) Math.min(MOST_TILES, ceil((long) to.dim(2) * channels / pack, THREADS));
        int band = kernel.contains("bilinear") ? band(to, tiles) : 1;
        KernelLaunch launch = cuda.kernel(module, kernel + CudaDevice.suffix(to.dtype()))
                .grid(to.dim(0) * ceil(to.dim(1), band), tiles, 1).block(THREADS)
                .arg(from).arg(to).arg(small.dim(1)).arg(small.dim(2)).arg(large.dim(1)).arg(large.dim(2))
                .arg(channels);
        rule.add(launch, band).launch();
    }

    /**
     * Rows that a thread of the bilinear kernels makes: as many as there can be with enough blocks to fill a large GPU.
     * Neighbouring rows share what they read; no bit depends on it.
     */
    private static int band(Tensor to, int tiles) {
        int band = MOST_BAND;
        while (band > 1 && to.dim(0) * ceil(to.dim(1), band) * tiles < FULL * band) {
            band /= 2;
        }
        return band;
    }
}
