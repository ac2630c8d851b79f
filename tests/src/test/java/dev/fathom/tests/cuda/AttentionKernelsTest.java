package dev.fathom.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every kernel of attention on an emulated GPU, which by itself reports races, values never written and accesses outside
 * a tensor, against exact results with a bound for every element ({@link AttentionCase}). The conformance suite holds
 * the launchers to the specification as well, but takes no kernel that is for large inputs.
 */
class AttentionKernelsTest {
    /** On tensor cores, with 128 queries a block and with 64, keys split; T below, at and above tiles of 64 and 128. */
    @TestFactory
    Stream<DynamicTest> onTensorCores() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int tokens : new int[] {1, 2, 16, 33, 64, 65, 130}) {
            tests.add(test("", AttentionCase.random(DType.F16, 1, tokens, 2, 64, 3, 0), true));
        }
        for (int tokens : new int[] {1, 15, 17, 63, 64, 65, 130}) {
            tests.add(test("_few", AttentionCase.random(DType.F16, 2, tokens, 1, 64, 1, 0), true));
        }
        tests.add(test("", AttentionCase.random(DType.BF16, 2, 63, 1, 20, 3, 0), true));
        tests.add(test("_few", AttentionCase.random(DType.BF16, 1, 129, 1, 64, 3, 0), true));
        tests.add(test("_few", AttentionCase.random(DType.F16, 1, 17, 3, 5, 3, 0), true));
        tests.add(test("", AttentionCase.random(DType.F16, 1, 130, 1, 64, 1, 0).rising(), true));
        tests.add(test("_few", AttentionCase.random(DType.F16, 1, 130, 1, 64, 1, 0).rising(), true));
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> plain() {
        return Stream.of(AttentionCase.random(DType.F32, 1, 1, 2, 64, 3, 0), AttentionCase.random(DType.F32, 2, 17, 1, 64, 1, 0),
                AttentionCase.random(DType.F32, 1, 65, 2, 20, 3, 0), AttentionCase.random(DType.F32, 1, 33, 1, 128, 1, 0),
                AttentionCase.random(DType.F32, 1, 18, 2, 72, 1, 0), AttentionCase.random(DType.F16, 1, 66, 1, 64, 3, 0),
                AttentionCase.random(DType.BF16, 1, 31, 1, 65, 3, 0),
                AttentionCase.random(DType.F32, 1, 70, 1, 64, 1, 0).rising()).map(c -> test("", c, false));
    }

    /** e^(0 - lse) of a key that does not exist is infinite here, and 0 times it is not a number. */
    @TestFactory
    Stream<DynamicTest> scoresFarBelowZero() {
        return Stream.of(test("", AttentionCase.random(DType.F16, 1, 66, 1, 64, 1, 5), true),
                test("_few", AttentionCase.random(DType.F16, 1, 20, 1, 64, 1, 5), true),
                test("", AttentionCase.random(DType.F32, 1, 34, 1, 64, 1, 5), false));
    }

    private static DynamicTest test(String variant, AttentionCase c, boolean tensorCores) {
        String name = c.dtype() + variant + " N=" + c.batch() + " T=" + c.tokens() + " heads=" + c.heads() + " d=" + c.size();
        return DynamicTest.dynamicTest(name, () -> check(variant, c, tensorCores));
    }

    private static void check(String variant, AttentionCase c, boolean tensorCores) {
        AttentionRun run = new AttentionRun(c, 0);
        double[][] forward = run.forward(tensorCores, variant);
        AttentionCase.Exact[] exact = c.forward();
        double y = exact[0].worst(forward[0]);
        double lse = exact[1].worst(forward[1]);
        double[] dqkv = run.backward(tensorCores, forward[0], forward[1]);
        double gradient = c.backward(forward[0], forward[1]).worst(dqkv);
        System.out.printf("%s: y %.2f, lse %.2f, gradient %.2f of the bounds%n", c.dtype(), y, lse, gradient);
    }

    /** The same bits again, and from addresses that allow no vector access. */
    @Test
    void theSameBitsEveryTimeAndEverywhere() {
        for (boolean tensorCores : new boolean[] {true, false}) {
            AttentionCase c = AttentionCase.random(DType.F16, 1, 65, 2, 24, 3, 0);
            double[][] first = new AttentionRun(c, 0).forward(tensorCores, "");
            double[] gradient = new AttentionRun(c, 0).backward(tensorCores, first[0], first[1]);
            for (int shift : new int[] {0, 1}) {
                double[][] again = new AttentionRun(c, shift).forward(tensorCores, "");
                assertArrayEquals(first[0], again[0]);
                assertArrayEquals(first[1], again[1]);
                assertArrayEquals(gradient, new AttentionRun(c, shift).backward(tensorCores, first[0], first[1]));
            }
        }
    }

    /** The bounds are no wider than they must be: one probability in 16 bits too many would leave them. */
    @Test
    void theBoundsAreTight() {
        AttentionCase c = AttentionCase.random(DType.F16, 1, 33, 1, 64, 1, 0);
        double[][] forward = new AttentionRun(c, 0).forward(true, "");
        assertTrue(c.forward()[0].worst(forward[0]) > 0.2);
    }
}
