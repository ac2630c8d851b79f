package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.kernels.Route;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Products and convolutions of the GPU by both routes, in all dtypes: the project's own kernels and NVIDIA's libraries. */
class ProductRoutesTest {
    static final int TRIALS = 3;

    @TestFactory
    Stream<DynamicTest> bothRoutesConform() {
        List<String> names = ProductRows.ROWS.stream().map(OpSpec::name).toList();
        return Stream.of(DType.F32, DType.F16, DType.BF16).flatMap(dtype ->
                (dtype == DType.F32 ? OpSpecs.rows() : OpSpecs.rows(dtype)).stream()
                        .filter(row -> names.stream().anyMatch(n -> row.name().equals(n) || row.name().startsWith(n + "@")))
                        .flatMap(row -> Arrays.stream(new Route[] {Route.OWN, Route.LIBRARY})
                                .map(route -> DynamicTest.dynamicTest(row.name() + " " + dtype + " " + route, () -> {
                                    try (Route.Forced forced = Route.force(route)) {
                                        Trials.forAll(row, TRIALS, t -> DeviceConformance.check(t, Device.emulated(0)));
                                    }
                                }))));
    }
}
