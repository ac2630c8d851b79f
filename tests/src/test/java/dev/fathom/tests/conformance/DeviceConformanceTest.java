package dev.fathom.tests.conformance;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.ops.ViewOp;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every GPU kernel against its operation's specification, on the emulated device. */
class DeviceConformanceTest {
    static final int TRIALS = 6;

    @TestFactory
    Stream<DynamicTest> cudaKernelsConform() {
        CudaBackend backend = (CudaBackend) Backends.of(Device.emulated(0));
        return OpSpecs.rows().stream()
                .filter(row -> ViewOp.class.isAssignableFrom(row.op()) || backend.table().has(row.op()))
                .map(row -> DynamicTest.dynamicTest(row.name(),
                        () -> Trials.forAll(row, TRIALS, t -> DeviceConformance.check(t, Device.emulated(0)))));
    }
}
