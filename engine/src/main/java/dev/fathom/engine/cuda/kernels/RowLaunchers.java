package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.ops.Softmax;
import dev.fathom.engine.ops.SoftmaxBackward;
import dev.fathom.engine.ops.SwiGlu;
import dev.fathom.engine.ops.SwiGluBackward;
import java.util.List;

/** What goes through rows one by one: {@code softmax.cu} and {@code swiglu.cu}. */
public final class RowLaunchers {
    private static final int THREADS = 256;

    /** Columns of a row, at most, that one warp reads; a block reads longer ones. */
    private static final int WARP_COLUMNS = 1024;

    private RowLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(Softmax.class, (cuda, op, in, out) -> softmax(cuda, "softmax_", in, out));
        table.add(SoftmaxBackward.class, (cuda, op, in, out) -> softmax(cuda, "softmax_backward_", in, out));
        table.add(SwiGlu.class, (cuda, op, in, out) -> swiglu(cuda, "swiglu_", in, out, out.get(0)));
        table.add(SwiGluBackward.class, (cuda, op, in, out) -> swiglu(cuda, "swiglu_backward_", in, out, in.get(1)));
    }

    private static void softmax(CudaDevice cuda, String kernel, List<Tensor> in, List<Tensor> out) {
        Tensor y = out.get(0);
        int columns = y.dim(-1);
        if (y.numel() == 0) {
            return;
        }
        long rows = y.numel() / columns;
        boolean warp = columns <= WARP_COLUMNS;
        var launch = cuda.kernel("softmax", kernel + (warp ? "" : "long_") + CudaDevice.suffix(y.dtype()))
                .gridFor(rows, warp ? THREADS / 32 : 1).block(THREADS);
        in.forEach(launch::arg);
        launch.arg(y).arg(rows).arg(columns).launch();
    }

    /** @param halves the tensor [..., H] among them */
    private static void swiglu(CudaDevice cuda, String kernel, List<Tensor> in, List<Tensor> out, Tensor halves) {
        if (halves.numel() == 0) {
            return;
        }
        int half = halves.dim(-1);
        long rows = halves.numel() / half;
        int logLanes = Vectors.logAtLeast((int) Vectors.ceil(half, Vectors.lanes(halves)), 8);
        var launch = cuda.kernel("swiglu", kernel + CudaDevice.suffix(halves.dtype()))
                .gridFor(rows, THREADS >> logLanes).block(THREADS);
        in.forEach(launch::arg);
        launch.arg(out.get(0)).arg(rows).arg(half).arg(logLanes).launch();
    }
}
