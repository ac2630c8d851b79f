package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.driver.GemmCall.Operand;
import dev.fathom.engine.cuda.kernels.Product.Tail;
import dev.fathom.engine.memory.MemoryScope;

/** Products by cuBLAS, with what follows them in a pass of its own. */
final class LibraryProducts {
    private LibraryProducts() {
    }

    /** Whether cuBLAS takes these operands on its fast paths (see {@link GemmCall}). */
    static boolean fits(Product p) {
        if (p.k() == 0) {
            return false;
        }
        boolean sums = p.wide() || !p.tail().equals(Tail.NONE);
        return !p.half() || aligned(p.a(), p.lineA(), p.strideA()) && aligned(p.b(), p.lineB(), p.strideB())
                && (sums || aligned(p.y(), p.n(), (long) p.m() * p.n()));
    }

    private static boolean aligned(long address, int line, long stride) {
        return address % GemmCall.HALF_ALIGNMENT == 0 && line % 8 == 0 && stride % 8 == 0;
    }

    static void run(CudaDevice cuda, Product p) {
        if (p.isEmpty()) {
            return;
        }
        if (p.tail().equals(Tail.NONE)) {
            multiply(cuda, p, p.y(), p.resultType());
            return;
        }
        try (MemoryScope scope = MemoryScope.scratch("sums of a product")) {
            // The sums stay float32 until all that follows is done, as in the own kernels; in y itself if it is
            // float32, unless the residual is to be read from there.
            boolean inPlace = p.resultType() == DType.F32 && p.tail().residual() != p.y();
            long sums = inPlace ? p.y() : cuda.workspace((long) p.batch() * p.m() * p.n() * Float.BYTES).address();
            multiply(cuda, p, sums, DType.F32);
            OwnProducts.finish(cuda, p, sums);
        }
    }

    private static void multiply(CudaDevice cuda, Product p, long to, DType type) {
        cuda.gemm(GemmCall.rowMajor(p.m(), p.n(), p.k(), p.batch(),
                new Operand(p.a(), p.type(), p.transposeA(), Math.max(1, p.lineA()), p.strideA()),
                new Operand(p.b(), p.type(), p.transposeB(), Math.max(1, p.lineB()), p.strideB()),
                new Operand(to, type, false, p.n(), (long) p.m() * p.n())));
    }
}
