package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who holds how much memory, and for how long, while a whole network predicts and trains. */
class WholeModelMemoryTest {
    private static final HostAllocator ALLOCATOR = HostAllocator.shared();

    @Test
    void liveBytesStayFlatOverFiftyTrainingSteps() {
        TinyCase golden = TinyCase.read("tiny_metric_56x70");
        var batch = new TinyTraining.Batch(golden.x(), golden.target(), golden.mask(), golden.batch(), golden.height(),
                golden.width());
        long before = ALLOCATOR.stats().liveBytes();
        try (MemoryScope scope = MemoryScope.open("training")) {
            TinyTraining training = new TinyTraining(golden.config(), Device.CPU, null, 0);
            long live = ALLOCATOR.stats().liveBytes();
            long reserved = 0;
            long peak = 0;
            for (int step = 0; step < 50; step++) {
                ALLOCATOR.resetPeak();
                training.step(batch, 1e-4);
                assertEquals(live, ALLOCATOR.stats().liveBytes(), "live bytes after step " + step);
                if (step == 0) {
                    reserved = ALLOCATOR.stats().reservedBytes();
                    peak = ALLOCATOR.stats().peakBytes();
                }
                assertEquals(peak, ALLOCATOR.stats().peakBytes(), "peak of step " + step);
                assertEquals(reserved, ALLOCATOR.stats().reservedBytes(), "bytes held from the system after step "
                        + step);
            }
        }
        assertEquals(before, ALLOCATOR.stats().liveBytes(), "live bytes after the training");
    }

    /**
     * One forward function serves both: in inference scratch scopes free each temporary, in training a node may still
     * hold it. Four blocks are few: twelve save more.
     */
    @Test
    void inferenceHoldsLessThanWhatTrainingRecords() {
        TinyCase golden = TinyCase.read("tiny_metric_112x154_up");
        try (MemoryScope scope = MemoryScope.open("test")) {
            DepthAnythingV2 model = new DepthAnythingV2(golden.config(), golden.head());
            SyntheticWeights.fill(model.parameters(), Device.CPU);
            Tensor x = TinyRun.tensor(golden.x(), Device.CPU, 1, golden.height(), golden.width(), 3);
            long start = ALLOCATOR.stats().liveBytes();
            long recorded;
            try (MemoryScope step = MemoryScope.open("training")) {
                Tensor y = model.forward(x);
                recorded = ALLOCATOR.stats().liveBytes() - start;
                assertTrue(y.requiresGrad());
            }
            assertEquals(start, ALLOCATOR.stats().liveBytes(), "recorded activations end with their scope");
            ALLOCATOR.resetPeak();
            try (MemoryScope step = MemoryScope.open("inference"); GradMode.Scope off = GradMode.noGrad()) {
                Tensor y = model.forward(x);
                assertEquals(y.numel() * 4, ALLOCATOR.stats().liveBytes() - start, 64, "after a prediction only the"
                        + " prediction is left");
            }
            long peak = ALLOCATOR.stats().peakBytes() - start;
            assertTrue(peak < 0.6 * recorded, "inference held " + peak + " bytes at its peak, training " + recorded);
        }
    }

    /** A block's input is dropped as soon as the block is done: only the four taps are kept, whatever the depth. */
    @Test
    void aDeeperEncoderPeaksNoHigher() {
        assertEquals(encoderPeak(8), encoderPeak(16));
    }

    private static long encoderPeak(int depth) {
        VitConfig vit = new VitConfig(70, 14, 48, depth, 3, VitConfig.Ffn.MLP);
        DptConfig dpt = new DptConfig(8, List.of(8, 8, 8, 8), false, false);
        try (MemoryScope scope = MemoryScope.open("test"); GradMode.Scope off = GradMode.noGrad()) {
            DepthAnythingV2 model = new DepthAnythingV2(new ModelConfig(vit, List.of(0, 1, 2, depth - 1), dpt),
                    new DepthHead.Relative());
            SyntheticWeights.fill(model.parameters(), Device.CPU);
            Tensor x = TinyRun.tensor(new float[112 * 154 * 3], Device.CPU, 1, 112, 154, 3);
            long start = ALLOCATOR.stats().liveBytes();
            ALLOCATOR.resetPeak();
            model.encode(x, false);
            return ALLOCATOR.stats().peakBytes() - start;
        }
    }
}
