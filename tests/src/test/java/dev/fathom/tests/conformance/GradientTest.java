package dev.fathom.tests.conformance;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every gradient: its formula against central differences in float64, then the cpu's kernels against it. */
class GradientTest {
    static final int TRIALS = 20;

    @TestFactory
    Stream<DynamicTest> formulasAgreeWithCentralDifferences() {
        return differentiable().map(row -> DynamicTest.dynamicTest(row.name(),
                () -> Trials.forAll(row, TRIALS, GradientCheck::againstDifferences)));
    }

    @TestFactory
    Stream<DynamicTest> cpuGradientsAgreeWithTheReference() {
        return differentiable().map(row -> DynamicTest.dynamicTest(row.name(),
                () -> Trials.forAll(row, TRIALS, GradientCheck::againstReference)));
    }

    private static Stream<OpSpec> differentiable() {
        return OpSpecs.rows().stream().filter(row -> GradientCheck.applies(row.trial().op()));
    }
}
