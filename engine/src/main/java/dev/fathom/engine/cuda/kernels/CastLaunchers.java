package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.ops.Cast;
import java.util.EnumSet;
import java.util.List;

/** The same values in another dtype: cast.cu. float64 too, for what measures gradients hands it out. */
public final class CastLaunchers {
    private static final int BLOCK = 256;
    /** Elements of a thread. */
    private static final int ELEMENTS = 8;

    private CastLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(Cast.class, EnumSet.of(DType.F64, DType.F32, DType.F16, DType.BF16),
                (cuda, op, in, out) -> cast(cuda, in.get(0), out.get(0)));
    }

    /** y = x in y's dtype, element by element. */
    static void cast(CudaDevice cuda, Tensor x, Tensor y) {
        if (y.numel() == 0) {
            return;
        }
        if (x.dtype() == y.dtype()) {
            cuda.driver().copyOnDevice(y.address(), x.address(), y.bytes(), cuda.stream());
            return;
        }
        cuda.kernel("cast", "cast_" + suffix(x.dtype()) + "_" + suffix(y.dtype()))
                .gridFor(y.numel(), BLOCK * ELEMENTS).block(BLOCK).arg(x).arg(y).arg(y.numel()).launch();
    }

    private static String suffix(DType dtype) {
        return dtype == DType.F64 ? "f64" : CudaDevice.suffix(dtype);
    }
}
