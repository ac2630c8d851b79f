package dev.fathom.tests.conformance;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every cpu kernel against its operation's specification, at this machine's own vector width. */
class ConformanceTest {
    static final int TRIALS = 30;

    @TestFactory
    Stream<DynamicTest> cpuKernelsConform() {
        return OpSpecs.rows().stream().map(row -> DynamicTest.dynamicTest(row.name(),
                () -> Trials.forAll(row, TRIALS, Conformance::check)));
    }
}
