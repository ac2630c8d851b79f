package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every cpu kernel, and every gradient made of them, on float16 and bfloat16 tensors: the same rows as in float32, see
 * {@link Trial#inHalf}.
 */
class HalfConformanceTest {
    static final int TRIALS = 10;

    @TestFactory
    Stream<DynamicTest> kernelsConform() {
        return rows(row -> true, Conformance::check);
    }

    @TestFactory
    Stream<DynamicTest> gradientsAgreeWithTheReference() {
        return rows(row -> GradientCheck.applies(row.trial().op()), GradientCheck::againstReference);
    }

    private static Stream<DynamicTest> rows(Predicate<OpSpec> which, ToDoubleFunction<Trial> check) {
        return Stream.of(DType.F16, DType.BF16).flatMap(half -> OpSpecs.rows(half).stream()).filter(which)
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> Trials.forAll(row, TRIALS, check)));
    }
}
