package dev.fathom.tools.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.driver.GemmCall.Operand;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.MemoryScope;
import java.util.Locale;

/**
 * What a GPU can do at most, as far as NVIDIA's own library and copy engine show it: the ceilings for everything else.
 *
 * @param terabytes 10^12 bytes a second, read and written, of a copy on the device
 * @param halfTflops 10^12 floating-point operations a second of a large square float16 product with float32 sums
 * @param floatTflops the same in float32, without TF32
 */
public record DeviceRates(double terabytes, double halfTflops, double floatTflops) {
    private static final int RUNS = 10;

    /**
     * Measures.
     *
     * @param side of the square matrices; 8192 keeps a large GPU busy
     */
    public static DeviceRates measure(Device device, int side) {
        CudaDevice cuda = ((CudaBackend) Backends.of(device)).cuda();
        try (MemoryScope scope = MemoryScope.open("rates")) {
            // In float32 the same bytes are half a matrix each way: a copy of 4 side² bytes.
            long bytes = 4L * side * side;
            Tensor from = Tensors.full(new TensorSpec(Shape.of(side, side), DType.F32), device, 0.5);
            Tensor to = Tensors.zeros(from.spec(), device);
            double copy = seconds(cuda, () -> cuda.driver().copyOnDevice(to.address(), from.address(), bytes,
                cuda.stream()));
            double flops = 2.0 * side * side * side;
            double whole = seconds(cuda, () -> product(cuda, from, from, to, DType.F32, side));
            Tensor half = Tensors.full(new TensorSpec(Shape.of(side, side), DType.F16), device, 0.5);
            Tensor result = Tensors.zeros(half.spec(), device);
            double fast = seconds(cuda, () -> product(cuda, half, half, result, DType.F16, side));
            return new DeviceRates(2.0 * bytes / copy * 1e-12, flops / fast * 1e-12, flops / whole * 1e-12);
        }
    }

    private static void product(CudaDevice cuda, Tensor a, Tensor b, Tensor c, DType type, int side) {
        cuda.gemm(GemmCall.single(side, side, side, Operand.of(a.address(), type, false, side),
            Operand.of(b.address(), type, false, side), Operand.of(c.address(), type, false, side)));
    }

    /** Of one run, among several issued at once. */
    private static double seconds(CudaDevice cuda, Runnable work) {
        work.run();
        cuda.driver().streamSynchronize(cuda.stream());
        long start = System.nanoTime();
        for (int i = 0; i < RUNS; i++) {
            work.run();
        }
        cuda.driver().streamSynchronize(cuda.stream());
        return (System.nanoTime() - start) * 1e-9 / RUNS;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "copies %.2f TB/s (read and written), float16 products %.0f TFLOP/s, float32"
            + " %.1f TFLOP/s", terabytes, halfTflops, floatTflops);
    }
}
