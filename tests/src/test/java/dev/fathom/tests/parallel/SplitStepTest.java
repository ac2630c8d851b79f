package dev.fathom.tests.parallel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.tests.parallel.TinyRun.Setting;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.parallel.Split;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A step in parts, on one worker and on several: bits, failures, memory. */
class SplitStepTest {
    private static final int STEPS = 3;

    private static Batch[] batches(int size) {
        Batch[] batches = new Batch[STEPS];
        for (int t = 0; t < STEPS; t++) {
            batches[t] = TinyRun.batch(size, t);
        }
        return batches;
    }

    private static void assertSameBits(TinyRun expected, TinyRun actual) {
        assertEquals(expected.losses(), actual.losses());
        assertEquals(expected.applied(), actual.applied());
        assertEquals(expected.weights().keySet(), actual.weights().keySet());
        expected.weights().forEach((name, values) -> assertArrayEquals(values, actual.weights().get(name), name));
    }

    /** Two numbers have one sum: two parts on one worker and one part on each of two have the same bits. */
    @Test
    void twoPartsAreAsGoodAsTwoWorkers() {
        Batch[] batches = batches(5);
        assertSameBits(new Setting().parts(1, 2).run(batches), new Setting().parts(2, 1).run(batches));
    }

    @ParameterizedTest
    @CsvSource({"1, 3, FP32", "3, 2, FP32", "2, 2, FP16"})
    void everyRunHasTheSameBits(int workers, int accumulate, Precision precision) {
        Batch[] batches = batches(7);
        TinyRun once = new Setting().in(precision, 1024).parts(workers, accumulate).run(batches);
        assertSameBits(once, new Setting().in(precision, 1024).parts(workers, accumulate).run(batches));
        try (WorkPool many = new WorkPool(3)) {
            WorkPool former = WorkPool.replaceShared(many);
            try {
                assertSameBits(once, new Setting().in(precision, 1024).parts(workers, accumulate).run(batches));
            } finally {
                WorkPool.replaceShared(former);
            }
        }
        assertFalse(once.applied().contains(false));
    }

    @ParameterizedTest
    @CsvSource({"1, 3", "2, 2"})
    void withRecomputationTheSameBits(int workers, int accumulate) {
        Batch[] batches = batches(7);
        assertSameBits(new Setting().parts(workers, accumulate).run(batches), new Setting().parts(workers, accumulate)
                .changed(model -> model.gradientCheckpointing(true)).run(batches));
    }

    /** One picture that float16 cannot hold, in the last part of the last worker: nobody's weights move. */
    @ParameterizedTest
    @CsvSource({"1, 3", "3, 1", "2, 2"})
    void anOverflowInOnePartLeavesTheStepOutEverywhere(int workers, int accumulate) {
        Batch good = TinyRun.batch(5, 0);
        Batch bad = TinyRun.batch(5, 1);
        Arrays.fill(bad.image(), bad.image().length / 5 * 4, bad.image().length, 1e30f);
        Setting mixed = new Setting().in(Precision.FP16, 1024).parts(workers, accumulate);
        TinyRun run = mixed.run(good, bad, good);
        assertEquals(List.of(true, false, true), run.applied());
        assertEquals(512, mixed.scaler().scale());
        // A power of two rounds nothing: the same as if the bad batch had never been.
        TinyRun without = new Setting().in(Precision.FP16, 1024).parts(workers, accumulate).run(good, good);
        assertEquals(without.losses().get(0), run.losses().get(0));
        assertEquals(without.losses().get(1), run.losses().get(2));
    }

    /**
     * Two emulated GPUs, each with memory of its own, so the second needs a replica and its weights anew each step; what is
     * frozen is so in the replica too.
     */
    @Test
    void twoGpusAreAsGoodAsOne() {
        Batch[] batches = Arrays.copyOf(batches(2), 2);
        Device first = Device.emulated(0);
        Device second = Device.emulated(1);
        Consumer<DepthAnythingV2> encoder = model -> model.parameters().all().stream()
                .filter(p -> p.name().startsWith(DepthAnythingV2.ENCODER_PREFIX)).forEach(Parameter::freeze);
        try {
            TinyRun one = new Setting().on(first).changed(encoder).parts(1, 2).run(batches);
            TinyRun two = new Setting().on(first).changed(encoder).split(new Split(1, List.of(first, second))).run(batches);
            assertSameBits(one, two);
            assertTrue(two.gradients().keySet().stream().allMatch(name -> name.startsWith("depth_head")));
        } finally {
            Backends.close(first);
            Backends.close(second);
        }
    }

    /** Wherever it happens: the step ends with its name, the weights stay, and the next step is as if nothing had been. */
    @Test
    void aWorkerThatFailsEndsTheStepForAll() {
        Batch[] batches = batches(5);
        TinyRun undisturbed = new Setting().parts(3, 1).run(batches[0], batches[1]);
        AtomicBoolean planted = new AtomicBoolean();
        Objective silog = new SiLog(0.5);
        Objective failing = (Objective) Proxy.newProxyInstance(Objective.class.getClassLoader(),
                new Class<?>[] {Objective.class}, (proxy, method, arguments) -> {
                if (Thread.currentThread().getName().contains("worker-3") && planted.getAndSet(false)) {
                    throw new FathomException("planted");
                }
                return method.invoke(silog, arguments);
            });
        TinyRun run = new Setting().parts(3, 1).judgedBy(failing).before(1, () -> planted.set(true))
                .run(batches[0], batches[1], batches[1]);
        assertEquals("Worker 3 of 3 (cpu): planted", run.failures().get(1));
        assertEquals(List.of(undisturbed.losses().get(0), undisturbed.losses().get(1)),
                List.of(run.losses().get(0), run.losses().get(2)));
        undisturbed.weights().forEach((name, values) -> assertArrayEquals(values, run.weights().get(name), name));
    }

    /** The detective walks through the same parts on one thread. */
    @Test
    void aStepThatIsNotFiniteIsExamined() {
        Batch bad = TinyRun.batch(5, 1);
        bad.image()[bad.image().length - 1] = Float.NaN;
        TinyRun run = new Setting().parts(2, 2).run(TinyRun.batch(5, 0), bad);
        assertTrue(run.failures().get(1).startsWith("On the batch of sample 0, "), run.failures().get(1));
        assertEquals(1, run.findings().size());
        assertTrue(run.findings().getFirst().contains("sample 4 (1 pixels of the picture)"), run.findings().getFirst());
    }

    /** What is held at most: the activations of one part and its gradients, and the sum of the gradients. */
    @Test
    void partsNeedTheMemoryOfOne() {
        long one = peak(Split.WHOLE, 1);
        long eight = peak(Split.WHOLE, 8);
        long parts = peak(new Split(8, List.of()), 8);
        long kept = 8L * TinyRun.SIDE * TinyRun.SIDE * (4 + 4 + 1);
        long gradients;
        try (MemoryScope scope = MemoryScope.open("weights")) {
            DepthAnythingV2 model = TinyRun.model(false);
            long before = HostAllocator.shared().stats().liveBytes();
            model.parameters().allocate(Device.CPU);
            gradients = HostAllocator.shared().stats().liveBytes() - before;
        }
        // Of each part prediction, depths and mask are kept; every block is rounded up to 64 bytes.
        assertTrue(parts <= one + gradients + kept + 24 * 64, parts + " of " + one + " + " + gradients + " + " + kept);
        assertTrue(parts < eight / 2, parts + " against " + eight + " in one piece");
    }

    private static long peak(Split split, int size) {
        long before = HostAllocator.shared().stats().liveBytes();
        HostAllocator.shared().resetPeak();
        new Setting().split(split).run(TinyRun.batch(size, 0));
        return HostAllocator.shared().stats().peakBytes() - before;
    }

    @Test
    void batchNormsAreRefused() {
        FathomException e = assertThrows(FathomException.class,
                () -> new Setting().withBatchNorm().parts(1, 2).run(TinyRun.batch(2, 0)));
        assertTrue(e.getMessage().contains("batch norms"), e.getMessage());
    }
}
