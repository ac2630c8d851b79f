package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.models.image.Picture;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.OptimOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run of many steps holds no more at its end than at its beginning. */
class FlatMemoryTest {
    private static final int STEPS = 500;
    private static final int SIDE = 28;
    private static final ModelConfig NETWORK = new ModelConfig(new VitConfig(28, 14, 16, 4, 1, VitConfig.Ffn.MLP),
            List.of(0, 1, 2, 3), new DptConfig(8, List.of(4, 8, 16, 16), false, false));

    @TempDir
    private Path folder;

    /** Frames of one colour, made when they are asked for. */
    private record Plain(int size) implements DepthDataset {
        @Override
        public DepthSample sample(int index) {
            float[] depth = new float[SIDE * SIDE];
            Arrays.fill(depth, 1 + index % 7);
            return new DepthSample(name(index), Picture.blank(SIDE, SIDE), depth, 0);
        }

        @Override
        public String name(int index) {
            return "plain-" + index;
        }
    }

    @Test
    void liveBytesAndHeapStayFlatOver500Steps() {
        List<Long> live = new ArrayList<>();
        List<Long> reserved = new ArrayList<>();
        List<Long> heap = new ArrayList<>();
        TrainOptions options = TrainOptions.article().over(1, 3).with(BatchOptions.article().of(1, SIDE))
                .with(OptimOptions.article().withEma(0.9).withClipNorm(1));
        try (MemoryScope scope = MemoryScope.open("training")) {
            DepthAnythingV2 model = new DepthAnythingV2(NETWORK, Workshop.METRIC);
            model.parameters().initialise(1, Device.CPU, name -> true);
            new Trainer(model, new Plain(STEPS), new Plain(1), options, RunPolicy.standard().withThreads(1),
                    RunFolder.at(folder), new TrainListener() {
                        @Override
                        public void step(Step step) {
                            live.add(HostAllocator.shared().stats().liveBytes());
                            reserved.add(HostAllocator.shared().stats().reservedBytes());
                            if (step.step() % 100 == 0) {
                                heap.add(heap());
                            }
                        }
                    }).start();
        }
        assertEquals(STEPS, live.size());
        assertEquals(Set.of(live.getFirst()), new LinkedHashSet<>(live));
        assertEquals(reserved.get(1), reserved.getLast(), "nothing more is taken from the system either");
        // Of 400 steps; a single float of each picture kept would be more than this.
        long grown = heap.getLast() - heap.getFirst();
        assertTrue(grown < 400L * SIDE * SIDE, "the heap grew by " + grown + " bytes: " + heap);
    }

    /** What is reachable, in bytes. */
    private static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
