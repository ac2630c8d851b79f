package dev.fathom.engine.cuda.emulated.library;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.driver.GemmCall.Operand;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;

/**
 * {@code cublasGemmStridedBatchedEx} on emulated memory: column-major, with leading dimensions, transposes, strides,
 * alpha and beta exactly as {@link GemmCall} says, float32 sums in an order that depends on the shape alone.
 *
 * <p>Arguments that cuBLAS refuses are refused here with its status in words. Arguments that it takes and that are
 * wrong all the same (a leading dimension that runs past the end of the tensor, an operand nothing has written) are
 * faults that name the operand; on a GPU they would be numbers like any others.
 */
public final class EmulatedProducts {
    private static final String NAME = "cublasGemmStridedBatchedEx";

    private EmulatedProducts() {
    }

    /**
     * Computes the product now.
     *
     * @throws CudaException where cuBLAS would return an error
     * @throws KernelFault where memory is touched that should not be
     */
    public static void run(GlobalMemory memory, GemmCall call) {
        check(call);
        DeviceFloats floats = new DeviceFloats(memory, NAME);
        checkOperand(floats, "A", call.a(), call.storedRowsOfA());
        checkOperand(floats, "B", call.b(), call.storedRowsOfB());
        checkOperand(floats, "C", call.c(), call.m());
        if (call.m() == 0 || call.n() == 0) {
            return;
        }
        float[] a = null;
        float[] b = null;
        for (int i = 0; i < call.batch(); i++) {
            if (a == null || call.a().stride() != 0) {
                // op(A) with its columns together: what Axpy adds up.
                a = matrix(floats, "A", call.a(), i, call.m(), call.k());
            }
            if (b == null || call.b().stride() != 0) {
                b = matrix(floats, "B", call.b(), i, call.k(), call.n());
            }
            product(floats, call, i, a, b);
        }
    }

    private static void product(DeviceFloats floats, GemmCall call, int batch, float[] a, float[] b) {
        int m = call.m();
        int k = call.k();
        Operand c = call.c();
        float[] sums = new float[Math.multiplyExact(m, call.n())];
        Axpy.parts(call.n(), (long) m * k * call.n(),
                column -> Axpy.run(b, column * k, 1, a, 0, m, k, sums, column * m, m));
        float[] former = call.beta() == 0 ? null : new float[m];
        for (int column = 0; column < call.n(); column++) {
            long at = address(c, batch, column);
            if (former != null) {
                floats.read(describe("C", c, m, call.n()), at, c.type(), former, 0, m);
            }
            for (int i = column * m; i < (column + 1) * m; i++) {
                sums[i] = call.alpha() * sums[i] + (former == null ? 0 : call.beta() * former[i - column * m]);
            }
            floats.write(describe("C", c, m, call.n()), at, c.type(), sums, column * m, m);
        }
    }

    /** op(X) of a batch's matrix, rows x columns, column after column. */
    private static float[] matrix(DeviceFloats floats, String name, Operand x, int batch, int rows, int columns) {
        int storedRows = x.transposed() ? columns : rows;
        int storedColumns = x.transposed() ? rows : columns;
        float[] stored = new float[Math.multiplyExact(rows, columns)];
        String argument = describe(name, x, storedRows, storedColumns);
        if (storedRows > 0) {
            for (int column = 0; column < storedColumns; column++) {
                floats.read(argument, address(x, batch, column), x.type(), stored, column * storedRows, storedRows);
            }
        }
        if (!x.transposed()) {
            return stored;
        }
        float[] turned = new float[stored.length];
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                turned[column * rows + row] = stored[row * storedRows + column];
            }
        }
        return turned;
    }

    private static long address(Operand x, int batch, int column) {
        return x.address() + (batch * x.stride() + (long) column * x.leading()) * x.type().bytes();
    }

    private static String describe(String name, Operand x, int rows, int columns) {
        return name + " (" + rows + " x " + columns + " " + x.type() + ", column-major, leading dimension "
                + x.leading() + (x.stride() == 0 ? "" : ", stride " + x.stride()) + ")";
    }

    private static void check(GemmCall call) {
        if (call.m() < 0 || call.n() < 0 || call.k() < 0 || call.batch() < 0) {
            throw invalid("m " + call.m() + ", n " + call.n() + ", k " + call.k() + " and batch " + call.batch()
                    + " must not be negative");
        }
        if (call.a().type() != call.b().type()) {
            throw unsupported("A is " + call.a().type() + " and B is " + call.b().type()
                    + "; they must be of one dtype");
        }
        if (call.c().type() != DType.F32 && call.c().type() != call.a().type()) {
            throw unsupported("C is " + call.c().type() + "; it must be float32 or " + call.a().type() + " like A");
        }
        if (call.c().transposed()) {
            throw invalid("C cannot be transposed; exchange and transpose A and B instead");
        }
        long matrix = (long) call.c().leading() * (call.n() - 1) + call.m();
        if (call.batch() > 1 && call.c().stride() < matrix) {
            throw invalid("the results of a batch overlap: C's stride is " + call.c().stride() + ", a matrix takes "
                    + matrix);
        }
    }

    private static void checkOperand(DeviceFloats floats, String name, Operand x, int rows) {
        if (x.leading() < Math.max(1, rows)) {
            throw invalid("the leading dimension of " + name + " is " + x.leading() + ", but a column of it has " + rows
                    + " elements as it is stored (column-major" + (x.transposed() ? ", transposed" : "") + ")");
        }
        floats.check(name, x.address(), x.type(), GemmCall.HALF_ALIGNMENT);
        if (x.type() != DType.F32 && (x.leading() % 8 != 0 || x.stride() % 8 != 0)) {
            throw new KernelFault(FaultKind.MISALIGNED_ACCESS, NAME, "", name + " is " + x.type()
                    + " with leading dimension "
                    + x.leading() + " and stride " + x.stride()
                    + "; both must be multiples of 8 elements, so that columns start at multiples of 16 bytes.");
        }
    }

    private static CudaException invalid(String what) {
        return new CudaException(NAME + ": CUBLAS_STATUS_INVALID_VALUE: " + what);
    }

    private static CudaException unsupported(String what) {
        return new CudaException(NAME + ": CUBLAS_STATUS_NOT_SUPPORTED: " + what);
    }
}
