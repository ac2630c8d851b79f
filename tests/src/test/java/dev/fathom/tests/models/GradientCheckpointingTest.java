package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import dev.fathom.training.step.TrainStep;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole networks with activation checkpointing: less memory, and every bit of what they compute without. */
class GradientCheckpointingTest {
    static List<String> names() {
        return TinyCase.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void theSameBitsInEveryTinyNetwork(String name) {
        compare(name, Device.CPU, Precision.FP32);
    }

    @ParameterizedTest
    @CsvSource({"tiny_metric_56x70, FP16", "tiny_metric_56x70, BF16", "tiny_swiglu_relative, BF16",
        "tiny_bn_cls_train, FP16"})
    void theSameBitsInMixedPrecision(String name, Precision precision) {
        compare(name, Device.CPU, precision);
    }

    @ParameterizedTest
    @CsvSource("tiny_metric_56x70, FP16")
    void theSameBitsOnTheEmulatedGpu(String name, Precision precision) {
        compare(name, Device.emulated(0), precision);
    }

    @Test
    void theSameBitsOnOneAndThreeThreads() {
        Supplier<TinyRun> run = () -> TinyRun.of(TinyCase.read("tiny_metric_112x154_up"), Device.CPU, Precision.FP32, 1,
                true);
        TinyRun once = on(1, run);
        assertSameBits(once, on(3, run), "three threads");
    }

    private static <T> T on(int threads, Supplier<T> work) {
        try (WorkPool pool = new WorkPool(threads)) {
            WorkPool former = WorkPool.replaceShared(pool);
            try {
                return work.get();
            } finally {
                WorkPool.replaceShared(former);
            }
        }
    }

    private static void compare(String name, Device device, Precision precision) {
        double scale = precision == Precision.FP16 ? 65536 : 1;
        TinyCase golden = TinyCase.read(name);
        assertSameBits(TinyRun.of(golden, device, precision, scale, false),
                TinyRun.of(golden, device, precision, scale, true), name);
    }

    private static void assertSameBits(TinyRun expected, TinyRun actual, String what) {
        assertEquals(expected.withoutGradient(), actual.withoutGradient(), what);
        assertSameBits(expected.results(), actual.results(), what);
        assertSameBits(expected.gradients(), actual.gradients(), what + ", gradient of");
        assertSameBits(expected.buffers(), actual.buffers(), what);
    }

    private static void assertSameBits(Map<String, double[]> expected, Map<String, double[]> actual, String what) {
        assertEquals(expected.keySet(), actual.keySet(), what);
        expected.forEach((name, values) -> assertArrayEquals(Arrays.stream(values).mapToLong(Double::doubleToRawLongBits)
                .toArray(), Arrays.stream(actual.get(name)).mapToLong(Double::doubleToRawLongBits).toArray(),
                what + " " + name));
    }

    /** Four steps of the trainer; on a GPU the first is eager, the second captured, the others replayed. */
    @ParameterizedTest
    @CsvSource({"cpu, FP32", "cpu, FP16", "cpu, BF16", "emulated, FP32"})
    void theSameBitsAfterTrainingSteps(String device, Precision precision) {
        Device where = device.equals("cpu") ? Device.CPU : Device.emulated(0);
        assertSameBits(trained(where, precision, false), trained(where, precision, true), device + " " + precision);
    }

    private static Map<String, double[]> trained(Device device, Precision precision, boolean checkpointing) {
        TinyCase golden = TinyCase.read("tiny_metric_56x70");
        int side = 56;
        float[] image = new float[side * side * 3];
        float[] depth = new float[side * side];
        byte[] valid = new byte[side * side];
        Arrays.fill(valid, (byte) 1);
        Map<String, double[]> all = new LinkedHashMap<>();
        try (MemoryScope scope = MemoryScope.open("test")) {
            DepthAnythingV2 model = new DepthAnythingV2(golden.config(), golden.head())
                    .gradientCheckpointing(checkpointing);
            SyntheticWeights.fill(model.parameters(), device);
            AdamW optimiser = new AdamW(List.of(new ParameterGroup("all", 1, model.parameters().trainable().stream()
                    .map(p -> new Trainable(p.name(), p.tensor())).toList())), AdamWSettings.DEFAULT);
            GradScaler scaler = precision == Precision.FP16 ? GradScaler.from(1024) : GradScaler.off();
            try (TrainStep step = new TrainStep(model, optimiser, new SiLog(0.5), precision, scaler)) {
                for (int t = 0; t < 4; t++) {
                    for (int i = 0; i < image.length; i++) {
                        image[i] = (float) Math.sin(0.37 * i + t);
                        depth[i / 3] = 5 + 4 * image[i];
                    }
                    TrainStep.Result result = step.run(new Batch(0, t, 1, side, image, depth, valid, List.of("waves"),
                            new int[] {side * side}, 0), 1e-4);
                    assertTrue(result.applied());
                    all.put("loss " + t, new double[] {result.loss()});
                }
            }
            for (Parameter p : model.parameters().all()) {
                all.put(p.name(), p.tensor().toDoubles());
            }
        }
        return all;
    }

    /** Of each block only its input is held: a deeper encoder costs one map a block. */
    @Test
    void aDeeperEncoderHoldsOneMapABlockMore() {
        long map = 4L * (8 * 11 + 1) * 48;
        assertEquals(8 * map, heldAfterForward(12, true) - heldAfterForward(4, true), 8 * 64);
        assertTrue(heldAfterForward(12, false) - heldAfterForward(4, false) > 8 * 10 * map);
    }

    private static long heldAfterForward(int depth, boolean checkpointing) {
        VitConfig vit = new VitConfig(70, 14, 48, depth, 3, VitConfig.Ffn.MLP);
        DptConfig dpt = new DptConfig(8, List.of(8, 8, 8, 8), false, false);
        try (MemoryScope scope = MemoryScope.open("test")) {
            DepthAnythingV2 model = new DepthAnythingV2(new ModelConfig(vit, List.of(0, 1, 2, depth - 1), dpt),
                    new DepthHead.Relative()).gradientCheckpointing(checkpointing);
            SyntheticWeights.fill(model.parameters(), Device.CPU);
            long start = HostAllocator.shared().stats().liveBytes();
            model.forward(TinyRun.tensor(new float[112 * 154 * 3], Device.CPU, 1, 112, 154, 3));
            return HostAllocator.shared().stats().liveBytes() - start;
        }
    }
}
