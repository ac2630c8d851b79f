package dev.fathom.tests.nan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.debug.CheckedOp.Phase;
import dev.fathom.engine.debug.CheckedOp.Value;
import dev.fathom.engine.debug.CheckedOp;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.training.data.Batch;
import dev.fathom.training.nan.Finding.Cause;
import dev.fathom.training.nan.Finding;
import dev.fathom.training.nan.ReplayFacts;
import dev.fathom.training.options.LossOptions;
import dev.fathom.training.parallel.Split;
import dev.fathom.training.step.StepReplay;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults of every kind are found where they were planted. */
class NanDetectiveTest {
    /** Weights stay below 65504, sums of 48 of their products do not. */
    private static final double OVERFLOWS = 2e5;

    private MemoryScope scope;
    private DepthAnythingV2 model;
    private Batch batch;

    @BeforeEach
    void build() {
        scope = MemoryScope.open("test");
        model = TinyStep.model(Device.CPU);
        batch = TinyStep.batch();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private Finding look(Precision precision, double lossScale) {
        return TinyStep.look(model, batch, precision, lossScale).finding();
    }

    private static void assertFound(Finding finding, String module, String op, Phase phase) {
        assertEquals(Cause.OPERATION, finding.cause(), finding::sentence);
        assertEquals(module + " " + op + " " + phase, finding.op().module() + " " + finding.op().op() + " "
                + finding.op().phase());
        assertTrue(finding.op().readFinite() && !finding.op().isFinite());
    }

    /** No operation of a healthy step makes a value that is not finite, not even where nobody reads it. */
    @ParameterizedTest
    @CsvSource({"FP32, false", "FP16, false", "BF16, false", "FP32, true", "FP16, true", "BF16, true"})
    void aHealthyStepIsFinite(Precision precision, boolean recompute) {
        model.gradientCheckpointing(recompute);
        List<CheckedOp> ops = new ArrayList<>();
        StepReplay step = TinyStep.look(model, batch, precision, 1, ops::add);
        assertTrue(step.isFinite());
        assertEquals(Cause.NONE, step.finding().cause(), step.finding()::sentence);
        assertTrue(ops.stream().allMatch(CheckedOp::isFinite));
        assertEquals(recompute, ops.stream().anyMatch(o -> o.phase() == Phase.RECOMPUTE));
        assertEquals(1, ops.stream().filter(o -> o.phase() == Phase.LOSS && !o.op().equals("cast")).count());
        assertEquals(List.of("loss"), ops.stream().filter(o -> o.phase() == Phase.LOSS).map(CheckedOp::module)
                .distinct().toList());
    }

    /** Every module that has a weight appears, under the name that its weights have, forward and backward. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyModuleIsNamed(Precision precision) {
        List<CheckedOp> ops = new ArrayList<>();
        TinyStep.look(model, batch, precision, 1, ops::add);
        for (int b = 0; b < 4; b++) {
            String block = "pretrained.blocks." + b + ".";
            for (String part : List.of("norm1 layer_norm", "attn.qkv linear", "attn attention",
                    "attn.proj linear_residual",
                    "norm2 layer_norm", "mlp.fc1 linear", "mlp.fc2 linear_residual")) {
                assertEquals(1, ops.stream().filter(o -> o.phase() == Phase.FORWARD && (o.module() + " " + o.op())
                        .equals(block + part)).count(), block + part + " in " + ops.stream()
                        .filter(o -> o.module().startsWith(block)).map(o -> o.module() + " " + o.op()).toList());
            }
            assertTrue(ops.stream().anyMatch(o -> o.phase() == Phase.BACKWARD && o.op().equals("attention_backward")
                    && o.module().equals(block + "attn")));
        }
        // The picture itself belongs to nobody.
        assertEquals(precision == Precision.FP32 ? List.of() : List.of("cast"), ops.stream()
                .filter(o -> o.module().isEmpty()).map(CheckedOp::op).toList());
    }

    /** The sum of 48 products of some thousands leaves float16; bfloat16 and float32 hold it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aProductThatOverflowsInFloat16(boolean recompute) {
        model.gradientCheckpointing(recompute);
        TinyStep.scale(model, "pretrained.blocks.2.mlp.fc1.weight", OVERFLOWS);
        Finding finding = look(Precision.FP16, 1);
        assertFound(finding, "pretrained.blocks.2.mlp.fc1", "linear", Phase.FORWARD);
        Value made = finding.op().outputs().getFirst();
        assertEquals(DType.F16, made.range().spec().dtype());
        assertTrue(made.range().infinite() > 0 && made.range().nan() == 0, made::toString);
        assertEquals(List.of("left.h5", "right.h5"), finding.samples());
        assertEquals("pretrained.blocks.2.mlp.fc1.weight", finding.op().inputs().get(1).parameter());
        assertTrue(look(Precision.BF16, 1).isFinite());
        assertTrue(look(Precision.FP32, 1).isFinite());
    }

    /** A weight that float16 cannot hold is lost when it is cast: that is no fault of the weight. */
    @Test
    void aWeightTooLargeForFloat16() {
        TinyStep.poke(model, "pretrained.blocks.1.attn.proj.weight", 3, 70000);
        Finding finding = look(Precision.FP16, 1);
        assertFound(finding, "pretrained.blocks.1.attn.proj", "cast", Phase.FORWARD);
        assertTrue(finding.advice().contains("diverged"), finding.advice());
        assertEquals("pretrained.blocks.1.attn.proj.weight", finding.largestWeight().name());
    }

    /** Beyond 3.4e38 nothing helps. */
    @ParameterizedTest
    @CsvSource({"FP32, pretrained.blocks.3.attn.qkv, linear", "BF16, pretrained.blocks.3.attn.qkv, linear"})
    void aProductThatOverflowsEverywhere(Precision precision, String module, String op) {
        TinyStep.scale(model, "pretrained.blocks.3.norm1.weight", 1e37);
        TinyStep.scale(model, "pretrained.blocks.3.attn.qkv.weight", 1e4);
        assertFound(look(precision, 1), module, op, Phase.FORWARD);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN})
    void aWeightThatIsNotFinite(float value) {
        TinyStep.poke(model, "depth_head.scratch.refinenet3.resConfUnit1.conv1.weight", 17, value);
        for (Precision precision : Precision.values()) {
            Finding finding = look(precision, 1);
            assertEquals(Cause.WEIGHTS, finding.cause());
            assertEquals(1, finding.brokenWeights().size());
            assertEquals("depth_head.scratch.refinenet3.resConfUnit1.conv1.weight",
                    finding.brokenWeights().getFirst().name());
            assertEquals("depth_head.scratch.refinenet3.resConfUnit1.conv1", finding.op().module());
            assertTrue(finding.sentence().startsWith("before the step depth_head.scratch.refinenet3.resConfUnit1.conv1"
                    + ".weight ("), finding.sentence());
        }
    }

    /** A weight that nobody reads may be anything. */
    @Test
    void aBrokenWeightThatIsNotReadIsNotTheCulprit() {
        TinyStep.poke(model, "pretrained.mask_token", 0, Float.NaN);
        TinyStep.scale(model, "pretrained.blocks.2.mlp.fc1.weight", OVERFLOWS);
        Finding finding = look(Precision.FP16, 1);
        assertFound(finding, "pretrained.blocks.2.mlp.fc1", "linear", Phase.FORWARD);
        assertTrue(String.join("\n", finding.lines()).contains("not the beginning: pretrained.mask_token"));
    }

    @Test
    void aPictureThatIsNotFinite() {
        batch.image()[batch.image().length - 5] = Float.NaN;
        Finding finding = look(Precision.FP32, 1);
        assertEquals(Cause.BATCH, finding.cause());
        assertEquals("the batch itself is not finite: right.h5 (1 pixels of the picture)", finding.sentence());
        assertEquals("pretrained.patch_embed.proj", finding.op().module());
        assertEquals(List.of("right.h5"), finding.samples());
    }

    @Test
    void aDepthThatIsNotFiniteCountsUnderTheMaskAlone() {
        batch.depth()[3] = Float.NaN;
        batch.valid()[3] = 0;
        assertTrue(look(Precision.FP32, 1).isFinite());
        batch.valid()[3] = 1;
        Finding finding = look(Precision.FP32, 1);
        assertEquals("the batch itself is not finite: left.h5 (1 depths)", finding.sentence());
        assertEquals(Phase.LOSS, finding.op().phase());
    }

    /** Tiny values and a weight that brings them back: the forward pass is as before, a gradient meets the weight. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGradientThatOverflowsDeepInTheEncoder(boolean recompute) {
        model.gradientCheckpointing(recompute);
        TinyStep.scale(model, "pretrained.blocks.1.attn.qkv.weight", 1e-35, 2 / 3.0, 1);
        TinyStep.scale(model, "pretrained.blocks.1.attn.qkv.bias", 1e-35, 2 / 3.0, 1);
        TinyStep.scale(model, "pretrained.blocks.1.attn.proj.weight", 1e35);
        assertTrue(look(Precision.FP32, 1).isFinite(), "without a scale it holds");
        StepReplay step = TinyStep.look(model, batch, Precision.FP32, 0x1p40);
        assertTrue(Double.isFinite(step.loss()) && step.nonFiniteGradients() > 0);
        assertFound(step.finding(), "pretrained.blocks.1.attn.proj", "matmul", Phase.BACKWARD);
        assertEquals("linear_residual", step.finding().op().gradientOf());
        assertEquals(List.of(), step.finding().samples());
    }

    /** With a scale that is too large the gradient leaves float16 right after the loss. */
    @Test
    void aLossScaleThatIsTooLarge() {
        StepReplay step = TinyStep.look(model, batch, Precision.FP16, 0x1p60);
        assertEquals(Phase.BACKWARD, step.finding().op().phase());
        assertTrue(step.finding().op().module().startsWith("depth_head."), step.finding().sentence());
        assertTrue(step.finding().advice().contains("--precision bf16"));
    }

    /** With and without recomputation, the same operations make the same values; recomputation only repeats some. */
    @Test
    void recomputationChangesNoNameAndNoValue() {
        List<CheckedOp> plain = new ArrayList<>();
        List<CheckedOp> again = new ArrayList<>();
        TinyStep.look(model, batch, Precision.BF16, 1, plain::add);
        TinyStep.look(model.gradientCheckpointing(true), batch, Precision.BF16, 1, again::add);
        List<String> forward = described(plain, Phase.FORWARD);
        assertEquals(forward, described(again, Phase.FORWARD));
        assertEquals(described(plain, Phase.BACKWARD), described(again, Phase.BACKWARD));
        List<String> repeated = described(again, Phase.RECOMPUTE);
        assertTrue(repeated.size() > 20 && forward.containsAll(repeated), repeated.stream()
                .filter(r -> !forward.contains(r)).collect(Collectors.joining("\n")));
    }

    private static List<String> described(List<CheckedOp> ops, Phase phase) {
        return ops.stream().filter(o -> o.phase() == phase).map(o -> o.module() + " " + o.op() + " " + o.outputs())
                .sorted().toList();
    }

    /** A batch in parts, one after another or by several workers, is looked at part by part on this thread. */
    @ParameterizedTest
    @CsvSource({"1, 2", "2, 1"})
    void aBatchInParts(int workers, int accumulate) {
        Split split = new ReplayFacts(0, 0, 0, "NaN", 0, Precision.FP16, 1, false, LossOptions.article(), List.of(),
                batch.names(), 0, workers, accumulate, "cpu", "").split(Device.CPU);
        assertEquals(workers + " " + accumulate, split.workers() + " " + split.accumulate());
        List<CheckedOp> ops = new ArrayList<>();
        StepReplay step = StepReplay.run(model, batch, LossOptions.article(), Precision.FP16, 1, split, ops::add);
        assertTrue(step.isFinite() && step.finding().isFinite(), step.finding()::sentence);
        // Both parts are predicted, and the first once more for its gradient: whoever had it in one piece knows it.
        assertEquals(3, ops.stream().filter(o -> o.phase() == Phase.FORWARD && o.op().equals("attention")
                && o.module().equals("pretrained.blocks.3.attn")).count());
        assertEquals(2, ops.stream().filter(o -> o.phase() == Phase.BACKWARD && o.op().equals("attention_backward")
                && o.module().equals("pretrained.blocks.3.attn")).count());
        assertEquals(List.of("loss"), ops.stream().filter(o -> o.phase() == Phase.LOSS).map(CheckedOp::module)
                .distinct().toList());
        TinyStep.scale(model, "pretrained.blocks.2.mlp.fc1.weight", OVERFLOWS);
        assertFound(StepReplay.run(model, batch, LossOptions.article(), Precision.FP16, 1, split, op -> { }).finding(),
                "pretrained.blocks.2.mlp.fc1", "linear", Phase.FORWARD);
    }

    /** What an operation updates in place is shown as it was before, and as it is after. */
    @Test
    void sumsInPlaceAreSeenBeforeAndAfter() {
        List<CheckedOp> ops = new ArrayList<>();
        TinyStep.look(model, batch, Precision.FP32, 1, ops::add);
        List<CheckedOp> sums = ops.stream().filter(o -> o.op().equals("add_")).toList();
        assertFalse(sums.isEmpty());
        for (CheckedOp sum : sums) {
            double before = sum.inputs().get(0).range().mean();
            double added = sum.inputs().get(1).range().mean();
            double after = sum.outputs().getFirst().range().mean();
            double size = sum.inputs().get(0).range().largest() + sum.inputs().get(1).range().largest();
            // Each of the sums was rounded once, by half a unit of the largest.
            assertEquals(before + added, after, size * 0x1p-24);
            assertTrue(before != after);
        }
    }

    /** Batch norms' running statistics are as before, although the pass under examination has moved them. */
    @Test
    void anExaminationLeavesBuffersAsTheyWere() {
        DepthAnythingV2 normed = TinyStep.model(Device.CPU, true);
        String name = "depth_head.scratch.refinenet4.resConfUnit2.bn1.running_var";
        double[] before = normed.parameters().get(name).tensor().toDoubles();
        TinyStep.poke(normed, "pretrained.norm.weight", 0, Float.NaN);
        assertEquals(Cause.WEIGHTS, TinyStep.look(normed, batch, Precision.FP32, 1).finding().cause());
        assertArrayEquals(before, normed.parameters().get(name).tensor().toDoubles());
    }

    /** On a GPU values are counted there; the findings are the same. */
    @Test
    void onADevice() {
        DepthAnythingV2 there = TinyStep.model(Device.emulated(0));
        TinyStep.scale(there, "pretrained.blocks.2.mlp.fc1.weight", OVERFLOWS);
        Finding finding = TinyStep.look(there, batch, Precision.FP16, 1).finding();
        assertFound(finding, "pretrained.blocks.2.mlp.fc1", "linear", Phase.FORWARD);
        assertNull(finding.op().gradientOf());
    }
}
