package dev.fathom.tests.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.dry.DryDriver;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Op;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A device whose driver only counts, for tests of what an operation asks of a GPU. */
abstract class CountedCalls {
    private final Device device;
    private CudaBackend backend;
    private MemoryScope scope;
    DryDriver dry;

    /** @param device of the test class's own */
    CountedCalls(Device device) {
        this.device = device;
    }

    @BeforeEach
    void open() {
        dry = new DryDriver(DryDriver.H200);
        open(dry);
    }

    /** Opens the device with another driver; {@link #close} comes first if it is open. */
    final void open(CudaDriver driver) {
        backend = new CudaBackend(device, driver);
        Backends.install(backend);
        scope = MemoryScope.open("counted calls");
    }

    @AfterEach
    final void close() {
        scope.close();
        Backends.close(device);
    }

    final Tensor tensor(DType dtype, int... dims) {
        return Tensor.allocate(new TensorSpec(Shape.of(dims), dtype), device);
    }

    /** Kernels and library calls of one operation, with how often each was asked for. */
    final Map<String, Long> calls(Op op, Tensor... in) {
        List<Tensor> inputs = List.of(in);
        List<Tensor> out = op.infer(inputs.stream().map(TensorSpec::of).toList()).stream()
                .map(s -> Tensor.allocate(s, device)).toList();
        dry.reset();
        backend.kernel(op, inputs).run(op, inputs, out);
        return dry.calls();
    }
}
