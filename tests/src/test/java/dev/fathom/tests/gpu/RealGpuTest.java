package dev.fathom.tests.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.cuda.CapturedPass;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.tests.models.FullSizeGoldenTest;
import dev.fathom.tools.quickstart.QuickstartPlan;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import dev.fathom.training.step.TrainStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What only a real GPU does in reasonable time: full-size networks. Runs by {@link GpuSuite} alone, which puts the GPU
 * in place of the emulated device.
 */
@Tag("gpu")
class RealGpuTest {
    /** Smaller on the emulated device, to try the tests themselves: {@code -Dfathom.gpu.tiny=true}. */
    private static final boolean TINY = Boolean.getBoolean("fathom.gpu.tiny");
    private static final int SIDE = TINY ? 28 : 518;

    @ParameterizedTest
    @ValueSource(strings = {"vits_252_metric", "vits_252_relative", "vits_196x266_metric80", "vits_518_metric",
        "vitb_140_metric", "vitl_70_metric"})
    void fullSizeGoldens(String name) {
        FullSizeGoldenTest.run(name, GpuSuite.DEVICE);
    }

    private static DepthAnythingV2 model() {
        DepthAnythingV2 model = new DepthAnythingV2(TINY ? QuickstartPlan.tiny().model()
            : Encoder.of("vits").config(), new DepthHead.Metric(10));
        model.parameters().initialise(1, GpuSuite.DEVICE, name -> true);
        return model;
    }

    private static float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (i * 31 % 255) / 64f - 2;
        }
        return values;
    }

    private static Tensor picture(int batch) {
        return Tensor.allocate(new TensorSpec(Shape.of(batch, SIDE, SIDE, 3), DType.F32), GpuSuite.DEVICE)
            .copyFrom(values(batch * SIDE * SIDE * 3));
    }

    /** A captured pass, replayed, has the bits of the operations one by one. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void capturedPassesHaveTheSameBits(Precision precision) {
        try (MemoryScope scope = MemoryScope.open("captured"); GradMode.Scope off = GradMode.noGrad();
                Autocast mixed = Autocast.standing(precision); Autocast.Visit inside = mixed.enter()) {
            DepthAnythingV2 model = model();
            Tensor x = picture(1);
            float[] eager = model.forward(x).toFloats();
            assertArrayEquals(eager, model.forward(x).toFloats(), "twice one by one");
            try (CapturedPass pass = CapturedPass.of(GpuSuite.DEVICE, () -> List.of(model.forward(x)))) {
                assertArrayEquals(eager, pass.replay().get(0).toFloats(), "captured");
                assertArrayEquals(eager, pass.replay().get(0).toFloats(), "captured, again");
            }
        }
    }

    /** The half precisions are near float32: a few thousandths of the depth's range. */
    @ParameterizedTest
    @EnumSource(names = {"FP16", "BF16"})
    void halfPrecisionIsNearFloat32(Precision precision) {
        float[] exact = forward(Precision.FP32);
        float[] half = forward(precision);
        double sum = 0;
        double difference = 0;
        for (int i = 0; i < exact.length; i++) {
            sum += (double) exact[i] * exact[i];
            difference += Math.pow(exact[i] - half[i], 2);
        }
        double relative = Math.sqrt(difference / sum);
        assertTrue(relative < (precision == Precision.FP16 ? 2e-3 : 2e-2), precision + " differs by " + relative);
        assertTrue(relative > 0, precision + " has the bits of float32: it was not used");
    }

    private static float[] forward(Precision precision) {
        try (MemoryScope scope = MemoryScope.open("forward"); GradMode.Scope off = GradMode.noGrad();
                Autocast mixed = Autocast.open(precision)) {
            return model().forward(picture(1)).toFloats();
        }
    }

    /** Six steps, of which the later ones are replayed, twice: every loss has the same bits. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void trainingTwiceGivesTheSameBits(Precision precision) {
        List<Double> once = losses(precision);
        assertEquals(once, losses(precision));
        assertTrue(once.getLast() < once.getFirst(), () -> "nothing is learnt: " + once);
    }

    private static List<Double> losses(Precision precision) {
        int batch = 2;
        int pixels = batch * SIDE * SIDE;
        float[] depth = new float[pixels];
        for (int i = 0; i < pixels; i++) {
            depth[i] = 1 + (i / SIDE % SIDE) * 8f / SIDE;
        }
        byte[] valid = new byte[pixels];
        Arrays.fill(valid, (byte) 1);
        Batch samples = new Batch(0, 0, batch, SIDE, values(3 * pixels), depth, valid, Collections.nCopies(batch,
            "ramp"), new int[] {SIDE * SIDE, SIDE * SIDE}, 0);
        List<Double> losses = new ArrayList<>();
        try (MemoryScope scope = MemoryScope.open("training")) {
            DepthAnythingV2 model = model();
            AdamW optimiser = new AdamW(List.of(new ParameterGroup("all", 1, model.parameters().trainable().stream()
                .map(p -> new Trainable(p.name(), p.tensor())).toList())), AdamWSettings.DEFAULT);
            GradScaler scaler = precision == Precision.FP16 ? GradScaler.from(GradScaler.INITIAL_SCALE)
                : GradScaler.off();
            try (TrainStep step = new TrainStep(model, optimiser, new SiLog(0.5), precision, scaler)) {
                for (int i = 0; i < 6; i++) {
                    losses.add(step.run(samples, 1e-4).loss());
                }
            }
        }
        return losses;
    }
}
