package dev.fathom.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.Op;
import dev.fathom.tests.conformance.Mutants.WithGradient.Gradient;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Tests of the tester: each of these is wrong in one way, and the suite must say so, in the right words. */
class MutantTest {
    private static final int TRIALS = 20;

    private static OpSpec row(String name) {
        return OpSpecs.rows().stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
    }

    /** The suite must find this kernel of the row's operation wrong. */
    private static void caught(String row, Kernel<Op> kernel, String message) {
        caught(row, trial -> Conformance.check(trial, kernel), message);
    }

    private static void caught(String row, ToDoubleFunction<Trial> check, String message) {
        AssertionError error = assertThrows(AssertionError.class, () -> Trials.forAll(row(row), TRIALS, check));
        assertTrue(error.getMessage().contains(message), error::getMessage);
        assertTrue(error.getMessage().contains("-D" + Trials.ONLY + "=" + row + ":"), error::getMessage);
    }

    private static ToDoubleFunction<Trial> differences(Gradient gradient) {
        return trial -> GradientCheck.againstDifferences(trial.withOp(new Mutants.WithGradient(trial.op(), gradient)));
    }

    private static Gradient changing(Function<Tensor[], Tensor[]> change) {
        return (op, call) -> change.apply(op.backward(call));
    }

    @Test
    void aCorrectKernelPasses() {
        Trials.forAll(row("mul"), TRIALS, trial -> Conformance.check(trial, Mutants.computing(trial.op())));
        Trials.forAll(row("sum_to"), TRIALS, trial -> Conformance.check(trial, Mutants.computing(trial.op())));
    }

    @Test
    void aFlippedSign() {
        caught("sub", Mutants.computing(new Binary(Binary.Kind.ADD)), "the specification says");
    }

    /** Parts one after another, as if the axis were always the first. */
    @Test
    void aWrongAxis() {
        caught("concat", (op, in, out) -> {
            double[] y = new double[(int) out.get(0).numel()];
            int at = 0;
            for (Tensor x : in) {
                System.arraycopy(x.toDoubles(), 0, y, at, (int) x.numel());
                at += (int) x.numel();
            }
            out.get(0).copyFrom(y);
        }, "the specification says");
    }

    @Test
    void aLostBit() {
        caught("mul", Mutants.through(v -> v * (1 + 0x1p-22)), "the specification says");
    }

    /** One part in 100 000 of a sum of positive numbers is far less than anybody would see, and far more than float32 needs. */
    @Test
    void aSlightlyWrongSum() {
        caught("sum_to", Mutants.through(v -> v * 1.00001), "the specification says");
    }

    @Test
    void aForgottenTail() {
        caught("mul", Mutants.withoutTail(16), "element");
    }

    @Test
    void anOutputThatIsAddedTo() {
        caught("affine", Mutants.accumulating(), "element");
    }

    @Test
    void aWriteBehindTheEnd() {
        caught("add", Mutants.writingAt(0), "wrote behind output 0");
        caught("add", Mutants.writingAt(7), "wrote behind output 0");
    }

    @Test
    void aReadBehindTheEnd() {
        caught("affine", Mutants.readingBehind(), "NaN");
    }

    @Test
    void aChangedInput() {
        caught("affine", Mutants.scribbling(), "changed input 0");
    }

    @Test
    void bitsThatDependOnTheNumberOfThreads() {
        caught("mul", (op, in, out) -> Mutants.through(v -> Math.nextUp((float) v) * (WorkPool.shared().threads() > 2 ? 1 : 0)
                + (WorkPool.shared().threads() > 2 ? 0 : v)).run(op, in, out), "with 3 threads");
    }

    @Test
    void bitsThatChangeFromRunToRun() {
        AtomicInteger runs = new AtomicInteger();
        caught("sum_to", (op, in, out) -> {
            int run = runs.incrementAndGet();
            Mutants.through(v -> run % 4 == 3 ? Math.nextUp((float) v) : v).run(op, in, out);
        }, "at first and");
    }

    @Test
    void aGradientWithTheWrongSign() {
        caught("mul", differences(changing(g -> new Tensor[] {g[0], Affine.of(g[1], -1, 0)})), "central differences");
    }

    @Test
    void aGradientThatDropsATerm() {
        // d(a/b)/db without its 1/b: -dy y instead of -dy y / b
        caught("div", differences((op, call) -> {
            Tensor[] g = op.backward(call);
            return new Tensor[] {g[0], Binary.mul(g[1], call.input(1))};
        }), "central differences");
    }

    @Test
    void aGradientThatIsOffByAMillionth() {
        caught("affine", differences(changing(g -> new Tensor[] {Affine.of(g[0], 1.000001, 0)})), "central differences");
    }

    /** Only one element of many is wrong: a random direction still sees it. */
    @Test
    void aGradientThatForgetsOneElement() {
        caught("affine", differences(changing(g -> {
            double[] values = g[0].toDoubles();
            if (values.length > 1) {
                values[values.length / 2] = 0;
            }
            return new Tensor[] {g[0].copyFrom(values)};
        })), "central differences");
    }

    @Test
    void aCpuGradientThatIsAnotherFunctions() {
        caught("affine", trial -> GradientCheck.againstReference(trial, trial.withOp(
                new Mutants.WithGradient(trial.op(), changing(g -> new Tensor[] {Affine.of(g[0], 1.00001, 0)})))), "gradient of input 0");
    }

    /** A failure is reported as the smallest trial that still fails: one axis, barely long enough. */
    @Test
    void failuresAreShrunk() {
        AssertionError error = assertThrows(AssertionError.class, () -> Trials.forAll(row("affine"), TRIALS, trial -> {
            if (trial.args().get(0).values().length > 30) {
                throw new AssertionError("too many elements");
            }
            return 0;
        }));
        assertTrue(error.getMessage().matches("(?s).*on \\[float32\\[3[123]]].*"), error::getMessage);
    }
}
