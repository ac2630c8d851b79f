package dev.fathom.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.reference.NdArray;
import dev.fathom.tests.conformance.Mutants.WithGradient.Gradient;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    /** Softmax over the first axis instead of the last. */
    @Test
    void aWrongAxis() {
        caught("softmax", Mutants.computing(new Mutants.Specification("softmax", (in, out) -> {
            int rows = (int) in.shape().product(0, in.shape().rank() - 1);
            int columns = in.dim(-1);
            for (int c = 0; c < columns; c++) {
                double sum = 0;
                for (int r = 0; r < rows; r++) {
                    sum += Math.exp(in.data()[r * columns + c]);
                }
                for (int r = 0; r < rows; r++) {
                    out.data()[r * columns + c] = Math.exp(in.data()[r * columns + c]) / sum;
                }
            }
        })), "the specification says");
    }

    /** The tanh approximation of GELU is off by up to 5e-4: plausible pictures, wrong network. */
    @Test
    void tanhGelu() {
        caught("gelu", Mutants.computing(new Mutants.Specification("gelu", (in, out) -> {
            for (int i = 0; i < out.data().length; i++) {
                double x = in.data()[i];
                out.data()[i] = 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            }
        })), "the specification says");
    }

    @Test
    void aLayerNormWithoutItsEps() {
        caught("layer_norm", Mutants.computing(new LayerNorm(0)), "the specification says");
    }

    /** Heads of one value need no scale, all others do. */
    @Test
    void anAttentionWithAnotherNumberOfHeads() {
        caught("attention", (op, in, out) -> {
            int heads = ((Attention) op).heads();
            Op other = new Attention(heads > 1 ? 1 : heads);
            Tensor y = out.get(0);
            List<NdArray> results = Conformance.reference(other, other.infer(List.of(in.get(0).spec())),
                    List.of(new NdArray(in.get(0).shape(), in.get(0).toDoubles())));
            Mutants.computing(op).run(op, in, out);
            y.copyFrom(results.get(0).data());
        }, "the specification says");
    }

    @Test
    void aLostBit() {
        caught("mul", Mutants.through(v -> v * (1 + 0x1p-22)), "the specification says");
    }

    /**
     * One part in 100 000 of a sum of positive numbers is far less than anybody would see, and far more than float32
     * needs.
     */
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
        caught("mul", (op, in, out) ->
                Mutants.through(v -> Math.nextUp((float) v) * (WorkPool.shared().threads() > 2 ? 1 : 0)
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
        caught("affine", differences(changing(g -> new Tensor[] {Affine.of(g[0], 1.000001, 0)})),
                "central differences");
    }

    /**
     * Exact GELU forward, the tanh approximation's derivative backward: forward and backward of different functions.
     */
    @Test
    void aGradientOfTheTanhGelu() {
        caught("gelu", differences((op, call) -> {
            double[] x = call.input(0).toDoubles();
            double[] dy = call.gradOutput(0).toDoubles();
            double k = Math.sqrt(2 / Math.PI);
            for (int i = 0; i < x.length; i++) {
                double t = Math.tanh(k * (x[i] + 0.044715 * x[i] * x[i] * x[i]));
                dy[i] *= 0.5 * (1 + t) + 0.5 * x[i] * (1 - t * t) * k * (1 + 3 * 0.044715 * x[i] * x[i]);
            }
            return new Tensor[] {Tensor.allocate(call.inputSpec(0), Device.REFERENCE).copyFrom(dy)};
        }), "central differences");
    }

    /** dx of a layer norm without the term that the mean's and variance's own dependence on x gives. */
    @Test
    void aLayerNormGradientThatTakesStatisticsForConstants() {
        caught("layer_norm", differences((op, call) -> {
            Tensor[] g = op.backward(call);
            Shape rows = call.inputSpec(0).shape().with(-1, 1);
            Tensor weighted = Binary.mul(call.gradOutput(0), call.input(1));
            return new Tensor[] {Binary.mul(weighted, call.output(2).reshape(rows)), g[1], g[2]};
        }), "central differences");
    }

    /** A bias that learns from the first row only. */
    @Test
    void aBiasGradientOfOneRow() {
        caught("linear", differences((op, call) -> {
            Tensor[] g = op.backward(call);
            Tensor dy = call.gradOutput(0).reshape(-1, call.gradOutput(0).dim(-1));
            if (g.length == 3 && dy.dim(0) > 0) {
                g[2] = dy.narrow(0, 1).reshape(g[2].shape());
            }
            return g;
        }), "central differences");
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
                new Mutants.WithGradient(trial.op(), changing(g -> new Tensor[] {Affine.of(g[0], 1.00001, 0)})))),
                "gradient of input 0");
    }

    /** A failure is reported as the smallest trial that still fails: barely large enough. */
    @Test
    void failuresAreShrunk() {
        AssertionError error = assertThrows(AssertionError.class, () -> Trials.forAll(row("affine"), TRIALS, trial -> {
            if (trial.args().get(0).values().length > 30) {
                throw new AssertionError("too many elements");
            }
            return 0;
        }));
        Matcher shape = Pattern.compile("on \\[float32\\[(.*?)]]").matcher(error.getMessage());
        assertTrue(shape.find(), error::getMessage);
        int elements = Arrays.stream(shape.group(1).split(", ")).mapToInt(Integer::parseInt).reduce(1, (a, b) -> a * b);
        assertTrue(elements > 30 && elements < 40, error::getMessage);
    }
}
