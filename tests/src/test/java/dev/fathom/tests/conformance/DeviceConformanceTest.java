package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.ops.ViewOp;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every GPU kernel against its operation's specification, on the emulated device, in three dtypes. */
class DeviceConformanceTest {
    private static final int TRIALS = 6;
    private static final int HALF_TRIALS = 3;

    @TestFactory
    Stream<DynamicTest> cudaKernelsConform() {
        return tests(OpSpecs.rows().stream(), TRIALS);
    }

    @TestFactory
    Stream<DynamicTest> cudaKernelsConformIn16Bits() {
        return tests(Stream.of(DType.F16, DType.BF16).flatMap(half -> OpSpecs.rows(half).stream()), HALF_TRIALS);
    }

    private static Stream<DynamicTest> tests(Stream<OpSpec> rows, int trials) {
        Device device = Device.emulated(0);
        CudaBackend backend = (CudaBackend) Backends.of(device);
        return rows.filter(row -> ViewOp.class.isAssignableFrom(row.op()) || backend.table().has(row.op()))
                .map(row -> DynamicTest.dynamicTest(row.name(),
                        () -> Trials.forAll(row, trials, t -> DeviceConformance.check(t, device))));
    }
}
