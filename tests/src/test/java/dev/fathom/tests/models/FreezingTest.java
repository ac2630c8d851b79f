package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.optim.NamePattern;
import dev.fathom.training.options.OptimOptions;
import dev.fathom.training.step.ParameterPlan;
import dev.fathom.training.step.TrainStep;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Frozen parameters: nothing of them moves, and everything else moves as it would without. */
class FreezingTest {
    private static final int SIDE = 28;
    private static final TinyCase TINY = TinyCase.read("tiny_metric_56x70");
    /** Before any step, and after one with nothing frozen. */
    private static final Map<String, float[]> START = trained(TINY.config(), List.of(), 0);
    private static final Map<String, float[]> FREE = trained(TINY.config(), List.of(), 1);

    @Provide
    Arbitrary<List<String>> patterns() {
        return Arbitraries.of("pretrained.*", "depth_head.*", "*.bias", "*.weight", "pretrained.blocks.0.*",
                "pretrained.blocks.[12].*", "*.qkv.*", "*.gamma", "pretrained.patch_embed.*", "pretrained.norm.*",
                "*.scratch.*", "*embed*", "*.fc2.weight", "*.attn.proj.bias", "*.norm?.weight", "*.projects.*",
                "*.output_conv2.*").list().ofMinSize(1).ofMaxSize(3).uniqueElements();
    }

    /**
     * Frozen weights keep their bits. After the first step every other weight has the bits it has without freezing:
     * leaving gradients out changes none of those that are left.
     */
    @Property(tries = 12)
    void frozenWeightsStayAndOthersMoveAsWithout(@ForAll("patterns") List<String> patterns) {
        List<NamePattern> freeze = patterns.stream().map(NamePattern::of).toList();
        Map<String, float[]> once;
        Map<String, float[]> thrice;
        try {
            once = trained(TINY.config(), freeze, 1);
            thrice = trained(TINY.config(), freeze, 3);
        } catch (FathomException e) {
            assertEquals("--freeze leaves no parameter to train; freeze less.", e.getMessage());
            return;
        }
        int moved = 0;
        for (String name : START.keySet()) {
            if (freeze.stream().anyMatch(p -> p.matches(name))) {
                assertArrayEquals(START.get(name), thrice.get(name), name + " is frozen by " + patterns);
            } else {
                assertArrayEquals(FREE.get(name), once.get(name), name + " is not frozen by " + patterns);
                moved += Arrays.equals(START.get(name), thrice.get(name)) ? 0 : 1;
            }
        }
        assertTrue(moved > 0, "something learns beside " + patterns);
    }

    /** As PyTorch's eval(): a batch norm with frozen statistics goes by them, in training too. */
    @Test
    void aFrozenBatchNormKeepsItsStatistics() {
        ModelConfig config = new ModelConfig(TINY.config().vit(), TINY.config().taps(),
                new DptConfig(TINY.config().dpt().features(), TINY.config().dpt().outChannels(), true, false));
        Map<String, float[]> start = trained(config, List.of(), 0);
        Map<String, float[]> frozen = trained(config, List.of(NamePattern.of("depth_head.scratch.refinenet1.*")), 2);
        Map<String, float[]> weightsAlone = trained(config, List.of(NamePattern.of("*.bn1.weight")), 2);
        int statistics = 0;
        for (String name : start.keySet()) {
            if (name.contains(".bn") && (name.contains("running") || name.contains("tracked"))) {
                boolean same = Arrays.equals(start.get(name), frozen.get(name));
                boolean unused = name.contains("refinenet4.resConfUnit1");
                assertEquals(name.contains("refinenet1.") || unused, same, name);
                assertEquals(unused, Arrays.equals(start.get(name), weightsAlone.get(name)), name);
                statistics++;
            }
        }
        assertEquals(4 * 2 * 2 * 3, statistics);
    }

    /** Nothing of a frozen encoder is kept for a gradient: a deeper one holds no byte more. */
    @Test
    void aFrozenEncoderKeepsNoActivations() {
        assertEquals(heldAfterForward(4, "pretrained.*"), heldAfterForward(9, "pretrained.*"));
        assertTrue(heldAfterForward(9, "none") - heldAfterForward(4, "none") > 5 * 10 * 4L * 5 * 48);
    }

    /**
     * Behind weights that learn, gradients pass through frozen blocks, but what the gradients of their products' weights
     * alone would read is let go: the inputs of qkv, of fc1 (D numbers a token each) and of fc2 (4D).
     */
    @Test
    void frozenBlocksBehindALearningEmbeddingKeepLess() {
        long token = 4L * 48;
        long free = heldAfterForward(9, "none") - heldAfterForward(4, "none");
        long frozen = heldAfterForward(9, "pretrained.blocks.*") - heldAfterForward(4, "pretrained.blocks.*");
        assertTrue(free - frozen >= 5 * 6 * 5 * token, free + " and " + frozen);
    }

    private static long heldAfterForward(int depth, String freeze) {
        VitConfig vit = new VitConfig(70, 14, 48, depth, 3, VitConfig.Ffn.MLP);
        try (MemoryScope scope = MemoryScope.open("test")) {
            DepthAnythingV2 model = new DepthAnythingV2(new ModelConfig(vit, List.of(0, 1, 2, depth - 1),
                    TINY.config().dpt()), TINY.head());
            SyntheticWeights.fill(model.parameters(), Device.CPU);
            NamePattern frozen = NamePattern.of(freeze);
            model.parameters().all().stream().filter(p -> frozen.matches(p.name())).forEach(Parameter::freeze);
            long start = HostAllocator.shared().stats().liveBytes();
            model.forward(TinyRun.tensor(new float[SIDE * SIDE * 3], Device.CPU, 1, SIDE, SIDE, 3));
            return HostAllocator.shared().stats().liveBytes() - start;
        }
    }

    /** Moments are two numbers a number in training, and none for others; each tensor begins at a multiple of 64. */
    @Test
    void frozenParametersHaveNoMoments() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            DepthAnythingV2 model = new DepthAnythingV2(TINY.config(), TINY.head());
            SyntheticWeights.fill(model.parameters(), Device.CPU);
            ParameterPlan plan = new ParameterPlan(model, OptimOptions.article()
                    .withFreeze(List.of(NamePattern.of("pretrained.*"))));
            plan.freeze();
            long before = HostAllocator.shared().stats().liveBytes();
            new AdamW(plan.groups(), AdamWSettings.DEFAULT);
            long made = HostAllocator.shared().stats().liveBytes() - before;
            long numbers = model.parameters().trainable().stream().mapToLong(Parameter::numel).sum();
            assertEquals(8 * numbers, made, 2 * 64.0 * model.parameters().trainable().size());
        }
    }

    @Test
    void freezingEverythingIsRefused() {
        assertEquals("--freeze leaves no parameter to train; freeze less.", assertThrows(FathomException.class,
                () -> trained(TINY.config(), List.of(NamePattern.of("*")), 1)).getMessage());
    }

    @Test
    void whatIsFrozenAsksForNoGradient() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            DepthAnythingV2 model = new DepthAnythingV2(TINY.config(), TINY.head());
            new ParameterPlan(model, OptimOptions.article().withFreeze(List.of(NamePattern.of("pretrained.*"))))
                    .freeze();
            model.parameters().initialise(1);
            assertFalse(model.parameters().get("pretrained.cls_token").tensor().requiresGrad(), "loaded later too");
            assertTrue(model.parameters().trainable().stream().allMatch(p -> p.name().startsWith("depth_head.")));
        }
    }

    /** All values of the network after some steps of the trainer. */
    private static Map<String, float[]> trained(ModelConfig config, List<NamePattern> freeze, int steps) {
        try (MemoryScope scope = MemoryScope.open("test")) {
            DepthAnythingV2 model = new DepthAnythingV2(config, TINY.head());
            SyntheticWeights.fill(model.parameters(), Device.CPU);
            ParameterPlan plan = new ParameterPlan(model, OptimOptions.article().withFreeze(freeze));
            plan.freeze();
            AdamW optimiser = new AdamW(plan.groups(), AdamWSettings.DEFAULT);
            model.parameters().training(true);
            try (TrainStep step = new TrainStep(model, optimiser, new SiLog(0.5), Precision.FP32,
                    GradScaler.off())) {
                for (int t = 0; t < steps; t++) {
                    assertTrue(step.run(waves(t), 1e-4).applied());
                }
            }
            Map<String, float[]> values = new LinkedHashMap<>();
            model.parameters().all().forEach(p -> values.put(p.name(), p.tensor().toFloats()));
            return values;
        }
    }

    private static Batch waves(int t) {
        float[] image = new float[2 * SIDE * SIDE * 3];
        float[] depth = new float[2 * SIDE * SIDE];
        byte[] valid = new byte[2 * SIDE * SIDE];
        Arrays.fill(valid, (byte) 1);
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) Math.sin(0.37 * i + t);
            depth[i / 3] = 5 + 4 * image[i];
        }
        return new Batch(0, t, 2, SIDE, image, depth, valid, List.of("waves", "waves"),
                new int[] {SIDE * SIDE, SIDE * SIDE}, 0);
    }
}
