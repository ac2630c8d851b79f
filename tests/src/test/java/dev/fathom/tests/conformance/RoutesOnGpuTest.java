package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.kernels.Route;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Products and convolutions by NVIDIA's libraries and by Fathom's own kernels, on a real GPU ({@code fathom gpu check}
 * puts it in place of the emulated one): only there the libraries are themselves.
 */
@Tag("gpu")
class RoutesOnGpuTest {
    private static final int TRIALS = 8;

    @TestFactory
    Stream<DynamicTest> bothRoutesConform() {
        List<String> names = ProductRows.ROWS.stream().map(OpSpec::name).toList();
        return Stream.of(DType.F32, DType.F16, DType.BF16)
            .flatMap(dtype -> (dtype == DType.F32 ? OpSpecs.rows() : OpSpecs.rows(dtype)).stream())
            .filter(row -> names.contains(row.name().replaceFirst("@.*", "")))
            .flatMap(row -> Stream.of(Route.OWN, Route.LIBRARY).map(route -> DynamicTest.dynamicTest(row.name() + " "
                + route, () -> check(row, route))));
    }

    private static void check(OpSpec row, Route route) {
        try (Route.Forced forced = Route.force(route)) {
            Trials.forAll(row, TRIALS, t -> DeviceConformance.check(t, Device.emulated(0)));
        }
    }
}
