package dev.fathom.tests.nan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.dispatch.DispatchListener;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.nan.Finding.Cause;
import dev.fathom.training.nan.Finding;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import dev.fathom.training.step.NonFiniteStep;
import dev.fathom.training.step.TrainStep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A step that is not finite changes nothing, and a step whose gradients are 0 is finite. */
class TrainStepNanTest {
    private MemoryScope scope;

    @BeforeEach
    void open() {
        scope = MemoryScope.open("test");
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static AdamW optimiser(DepthAnythingV2 model) {
        return new AdamW(List.of(new ParameterGroup("all", 1, model.parameters().trainable().stream()
                .map(p -> new Trainable(p.name(), p.tensor())).toList())), AdamWSettings.DEFAULT);
    }

    private static TrainStep step(DepthAnythingV2 model, AdamW optimiser, Precision precision, GradScaler scaler) {
        return new TrainStep(model, optimiser, new SiLog(0.5), precision, scaler);
    }

    /** Weights, buffers, moments and their step numbers, and the scaler. */
    private static Map<String, double[]> everything(DepthAnythingV2 model, AdamW optimiser, GradScaler scaler) {
        Map<String, double[]> all = new LinkedHashMap<>();
        for (Parameter p : model.parameters().all()) {
            all.put(p.name(), p.tensor().toDoubles());
        }
        for (AdamW.State s : optimiser.state()) {
            all.put("m " + s.name(), s.m().toDoubles());
            all.put("v " + s.name(), s.v().toDoubles());
            all.put("step " + s.name(), new double[] {s.step()});
        }
        all.put("scaler", new double[] {scaler.scale(), scaler.isOn() ? scaler.state().growthTracker() : 0});
        return all;
    }

    private static void assertSame(Map<String, double[]> expected, Map<String, double[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
    }

    private static Batch broken() {
        Batch batch = TinyStep.batch();
        batch.image()[7] = Float.NaN;
        return batch;
    }

    @ParameterizedTest
    @CsvSource({"FP32, false", "BF16, false", "FP16, false", "FP32, true"})
    void aStepThatIsNotFiniteLeavesNothingBehind(Precision precision, boolean batchNorm) {
        DepthAnythingV2 model = TinyStep.model(Device.CPU, batchNorm);
        AdamW optimiser = optimiser(model);
        GradScaler scaler = precision == Precision.FP16 ? GradScaler.from(1) : GradScaler.off();
        try (TrainStep step = step(model, optimiser, precision, scaler)) {
            assertTrue(step.run(TinyStep.batch(), 1e-4).applied());
            Map<String, double[]> before = everything(model, optimiser, scaler);
            NonFiniteStep failure = assertThrows(NonFiniteStep.class, () -> step.run(broken(), 1e-4));
            assertTrue(Double.isNaN(failure.loss()) && failure.gradients() > 0);
            assertSame(before, everything(model, optimiser, scaler));
            Finding finding = step.examine(broken());
            assertEquals(Cause.BATCH, finding.cause());
            assertSame(before, everything(model, optimiser, scaler));
            assertTrue(step.run(TinyStep.batch(), 1e-4).applied(), "and the run can go on");
        }
    }

    /** A captured graph cannot be looked into: the examination runs plainly, and the next step is captured anew. */
    @Test
    void onAGpuTheCapturedStepIsExaminedPlainly() {
        DepthAnythingV2 model = TinyStep.model(Device.emulated(0));
        AdamW optimiser = optimiser(model);
        try (TrainStep step = step(model, optimiser, Precision.FP32, GradScaler.off())) {
            for (int i = 0; i < 2; i++) {
                step.run(TinyStep.batch(), 1e-4);
            }
            assertThrows(NonFiniteStep.class, () -> step.run(broken(), 1e-4));
            Finding finding = step.examine(broken());
            assertEquals("pretrained.patch_embed.proj conv2d", finding.op().module() + " " + finding.op().op());
            for (int i = 0; i < 2; i++) {
                assertTrue(step.run(TinyStep.batch(), 1e-4).applied());
            }
        }
    }

    /** The target is the prediction itself: the loss is 0 and so is every gradient. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void aPerfectPredictionIsAStep(Precision precision) {
        DepthAnythingV2 model = TinyStep.model(Device.CPU);
        Batch batch = TinyStep.batch();
        try (GradMode.Scope off = GradMode.noGrad(); Autocast mixed = Autocast.open(precision)) {
            float[] perfect = model.forward(Tensors.of(batch.image(), 2, TinyStep.SIDE, TinyStep.SIDE,
                    3)).toFloats();
            System.arraycopy(perfect, 0, batch.depth(), 0, perfect.length);
        }
        try (TrainStep step = step(model, optimiser(model), precision, GradScaler.off())) {
            TrainStep.Result result = step.run(batch, 1e-4);
            assertTrue(result.applied());
            assertEquals(0, result.loss());
            assertEquals(0, result.gradNorm());
        }
    }

    /** What watches costs nothing: a step consists of its pass, one look at all gradients, and the update. */
    @Test
    void aStepLooksAtItsGradientsOnce() {
        DepthAnythingV2 model = TinyStep.model(Device.CPU);
        List<String> ran = new ArrayList<>();
        try (TrainStep step = step(model, optimiser(model), Precision.FP32, GradScaler.off())) {
            DispatchListener listener = (op, in, out, nanos) -> ran.add(op.name());
            Dispatcher.listen(listener);
            try {
                step.run(TinyStep.batch(), 1e-4);
            } finally {
                Dispatcher.listen(null);
            }
        }
        assertEquals(1, ran.stream().filter("sum_of_squares"::equals).count());
        assertEquals(List.of("sum_of_squares", "adamw_"), ran.subList(ran.size() - 2, ran.size()));
    }
}
