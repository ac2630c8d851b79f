package dev.fathom.tests.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.AdamWStep;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.SumTo;
import dev.fathom.tests.golden.Closeness;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The optimiser against PyTorch's runs, and its state through a resume. */
class AdamWTest {
    private static final Golden GOLDEN = new Golden("a_misc/optimizers");
    private static final int STEPS = 10;

    /** Two parameters of the goldens, and the optimiser over them; p1 has ten times p0's rate in run "adamw". */
    private static final class Run {
        final Tensor p0 = start(0, 5, 7);
        final Tensor p1 = start(1, 11);
        final AdamW optimiser;

        Run(double factorOfP1, AdamWSettings settings) {
            optimiser = new AdamW(List.of(new ParameterGroup("encoder", 1, List.of(new Trainable("p0", p0))),
                    new ParameterGroup("head", factorOfP1, List.of(new Trainable("p1", p1)))), settings);
        }

        private static Tensor start(int i, int... dims) {
            return Tensors.of(Formula.floats("da2b/optimizers/p" + i, (int) Shape.of(dims).numel(), 1, 0), dims)
                    .asParameter();
        }

        void step(int t, double lr) {
            try (MemoryScope scope = MemoryScope.open("step")) {
                Tensor g0 = gradient(0, t, p0);
                // As in the original run: p1 has no gradient at t = 4.
                Tensor g1 = t == 4 ? null : gradient(1, t, p1);
                optimiser.step(p -> p == p0 ? g0 : g1, lr, 1);
            }
        }

        private static Tensor gradient(int i, int t, Tensor like) {
            String key = "da2b/optimizers/g" + i + "/t" + t;
            return Tensors.of(Formula.floats(key, (int) like.numel(), Math.pow(10, -(t % 4)), 0),
                    like.shape().toArray());
        }
    }

    private static void runLikeGolden(String name, double lr, double factorOfP1, AdamWSettings settings) {
        JsonNode snapshots = null;
        for (JsonNode run : GOLDEN.json().get("runs")) {
            snapshots = run.get("name").asText().equals(name) ? run.get("snapshots") : snapshots;
        }
        int compared = 0;
        try (MemoryScope scope = MemoryScope.open("test")) {
            Run run = new Run(factorOfP1, settings);
            for (int t = 0; t < STEPS; t++) {
                run.step(t, lr);
                for (int i = 0; i < 2; i++) {
                    JsonNode snapshot = snapshots.get("p" + i + "_t" + (t + 1));
                    if (snapshot != null) {
                        Closeness.assertWithin(GOLDEN.npy(snapshot.get("file").asText()).doubles(),
                                (i == 0 ? run.p0 : run.p1).toDoubles(),
                                snapshot.get("tol_abs").asDouble(), snapshot.get("tol_rms").asDouble(),
                                        name + " p" + i + " after " + (t + 1));
                        compared++;
                    }
                }
            }
        }
        assertEquals(8, compared);
    }

    @Test
    void followsPyTorchWithTwoGroupsAndAMissingGradient() {
        runLikeGolden("adamw", 0.01, 10, AdamWSettings.DEFAULT);
    }

    @Test
    void followsPyTorchWithoutDecayAndWithALargeEps() {
        runLikeGolden("adamw_wd0_eps", 3e-3, 1, new AdamWSettings(0.8, 0.95, 1e-3, 0));
    }

    @Test
    void aParameterWithoutGradientIsLeftAlone() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Run run = new Run(1, AdamWSettings.DEFAULT);
            float[] before = run.p1.toFloats();
            Tensor g0 = Run.gradient(0, 0, run.p0);
            run.optimiser.step(p -> p == run.p0 ? g0 : null, 0.1, 1);
            assertArrayEquals(before, run.p1.toFloats(), "no decay either");
            assertEquals(List.of("p0"), run.optimiser.state().stream().map(AdamW.State::name).toList());
        }
    }

    @Test
    void takesTheGradientsOfABackwardPass() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor p = Tensors.of(new float[] {1, -2}, 2).asParameter();
            AdamW optimiser = new AdamW(List.of(new ParameterGroup("all", 1, List.of(new Trainable("p", p)))),
                    new AdamWSettings(0.9, 0.999, 0, 0));
            optimiser.step(Backward.of(SumTo.of(Affine.of(p, 3, 0), Shape.SCALAR)), 0.5);
            // The first step of Adam without eps is the rate, against the gradient's sign.
            assertArrayEquals(new float[] {0.5f, -2.5f}, p.toFloats(), 1e-6f);
        }
    }

    @Test
    void aFactorOfTheGradientsGoesWithTheStep() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Run plain = new Run(10, AdamWSettings.DEFAULT);
            Run scaled = new Run(10, AdamWSettings.DEFAULT);
            Tensor g = Run.gradient(0, 0, plain.p0);
            Tensor large = Affine.of(g, 65536, 0);
            plain.optimiser.step(p -> p == plain.p0 ? g : null, 0.01, 1);
            scaled.optimiser.step(p -> p == scaled.p0 ? large : null, 0.01, 1 / 65536.0);
            assertArrayEquals(plain.p0.toFloats(), scaled.p0.toFloats(), "a power of two moves no bit");
        }
    }

    @Test
    void aGroupIsOneCall() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            List<Trainable> many = IntStream.range(0, 20)
                    .mapToObj(i -> new Trainable("p" + i, Tensors.of(new float[i], i).asParameter())).toList();
            AdamW optimiser = new AdamW(List.of(new ParameterGroup("a", 1, many.subList(0, 12)),
                    new ParameterGroup("b", 10, many.subList(12, 20))), AdamWSettings.DEFAULT);
            List<Integer> calls = new ArrayList<>();
            Dispatcher.listen((op, in, out, nanos) -> calls.add(((AdamWStep) op).parameters()));
            try {
                optimiser.step(p -> p, 0.1, 1);
            } finally {
                Dispatcher.listen(null);
            }
            assertEquals(List.of(12, 8), calls);
        }
    }

    @Test
    void aResumedRunHasTheBitsOfTheUninterruptedOne() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Run whole = new Run(10, AdamWSettings.DEFAULT);
            Run first = new Run(10, AdamWSettings.DEFAULT);
            for (int t = 0; t < STEPS; t++) {
                whole.step(t, 0.01);
                if (t < 5) {
                    first.step(t, 0.01);
                }
            }
            Run second = new Run(10, AdamWSettings.DEFAULT);
            second.step(0, 0.3);        // whatever it did before is forgotten
            second.p0.copyFrom(first.p0.toFloats());
            second.p1.copyFrom(first.p1.toFloats());
            second.optimiser.restore(first.optimiser.state());
            for (int t = 5; t < STEPS; t++) {
                second.step(t, 0.01);
            }
            assertArrayEquals(whole.p0.toFloats(), second.p0.toFloats());
            assertArrayEquals(whole.p1.toFloats(), second.p1.toFloats());
            assertEquals(List.of(10L, 9L), second.optimiser.state().stream().map(AdamW.State::step).toList());
        }
    }

    @Test
    void whatTheStateLacksStartsAnew() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Run run = new Run(1, AdamWSettings.DEFAULT);
            run.step(0, 0.1);
            run.optimiser.restore(List.of());
            assertEquals(List.of(), run.optimiser.state());
            Run fresh = new Run(1, AdamWSettings.DEFAULT);
            run.p0.copyFrom(fresh.p0.toFloats());
            run.step(1, 0.1);
            fresh.step(1, 0.1);
            assertArrayEquals(fresh.p0.toFloats(), run.p0.toFloats());
        }
    }

    @Test
    void refusesAStateOfAnotherModel() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Run run = new Run(1, AdamWSettings.DEFAULT);
            run.step(0, 0.1);
            Tensor wrong = Tensors.of(new float[3], 3);
            AdamW.State good = run.optimiser.state().getFirst();
            refused(run.optimiser, new AdamW.State("other", 1, wrong, wrong), "other");
            refused(run.optimiser, new AdamW.State("p0", 1, wrong, wrong), "[3]");
            refused(run.optimiser, new AdamW.State("p0", 0, good.m(), good.v()), "0 steps");
            assertThrows(FathomException.class, () -> run.optimiser.restore(List.of(good, good)));
        }
    }

    private static void refused(AdamW optimiser, AdamW.State state, String mention) {
        long before = optimiser.state().getFirst().step();
        String message = assertThrows(FathomException.class, () -> optimiser.restore(List.of(state))).getMessage();
        assertTrue(message.contains(mention), message);
        assertEquals(before, optimiser.state().getFirst().step(), "nothing has changed");
    }

    @Test
    void refusesANameTwice() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Trainable p = new Trainable("p", Tensors.of(new float[1], 1));
            UnaryOperator<String> group = name -> assertThrows(FathomException.class, () -> new AdamW(List.of(
                    new ParameterGroup("a", 1, List.of(p)), new ParameterGroup(name, 1, List.of(p))),
                            AdamWSettings.DEFAULT)).getMessage();
            assertTrue(group.apply("b").contains("named p"));
        }
    }
}
