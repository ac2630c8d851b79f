package dev.fathom.engine.cuda;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.driver.Arguments;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.Dim3;
import java.lang.foreign.MemorySegment;

/**
 * A launch being put together:
 *
 * <pre>{@code
 * cuda.kernel("pointwise", "affine_f32").grid(blocks).block(256).arg(x).arg(y).arg(n).launch();
 * }</pre>
 *
 * <p>Arguments are checked against the kernel's parameters, one by one: a forgotten or swapped one is an error here,
 * where hardware would read garbage. One launch is put together at a time per thread.
 */
public final class KernelLaunch {
    /** What one thread puts its launches together in. */
    private static final ThreadLocal<Arguments> ARGUMENTS = ThreadLocal.withInitial(Arguments::new);

    private final CudaDriver driver;
    private final long stream;
    private final LoadedKernel kernel;
    private final Arguments arguments = ARGUMENTS.get().clear();
    private Dim3 grid = Dim3.of(1);
    private Dim3 block = Dim3.of(1);
    private int shared;

    KernelLaunch(CudaDriver driver, long stream, LoadedKernel kernel) {
        this.driver = driver;
        this.stream = stream;
        this.kernel = kernel;
    }

    /** Number of blocks. */
    public KernelLaunch grid(long x) {
        return grid(x, 1, 1);
    }

    public KernelLaunch grid(long x, int y, int z) {
        grid = new Dim3(Math.toIntExact(x), y, z);
        return this;
    }

    /** Enough blocks of {@code perBlock} for {@code count} things; at least one. */
    public KernelLaunch gridFor(long count, int perBlock) {
        return grid(Math.max(1, (count + perBlock - 1) / perBlock));
    }

    /** Threads of a block. */
    public KernelLaunch block(int x) {
        block = Dim3.of(x);
        return this;
    }

    public KernelLaunch block(int x, int y) {
        block = new Dim3(x, y, 1);
        return this;
    }

    /** Bytes of dynamic shared memory. */
    public KernelLaunch shared(int bytes) {
        shared = bytes;
        return this;
    }

    /** The tensor's address; null passes a null pointer. */
    public KernelLaunch arg(Tensor tensor) {
        return arg(tensor == null ? 0L : tensor.address());
    }

    /** A 64-bit integer or an address. */
    public KernelLaunch arg(long value) {
        arguments.add(value);
        return this;
    }

    public KernelLaunch arg(int value) {
        arguments.add(value);
        return this;
    }

    public KernelLaunch arg(float value) {
        arguments.add(value);
        return this;
    }

    public KernelLaunch arg(boolean value) {
        return arg(value ? 1 : 0);
    }

    /** A struct by value. */
    public KernelLaunch arg(MemorySegment struct) {
        arguments.add(struct);
        return this;
    }

    /** Issues the launch. */
    public void launch() {
        kernel.check(arguments);
        kernel.allowShared(driver, shared);
        try {
            driver.launch(kernel.function(), grid, block, shared, stream, arguments);
        } catch (CudaException e) {
            throw new CudaException("kernel " + kernel + ", grid " + grid + ", block " + block + ", "
                    + shared + " bytes shared: " + e.getMessage(), e.isSticky(), e);
        }
    }
}
