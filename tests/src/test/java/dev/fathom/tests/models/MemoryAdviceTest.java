package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.training.memory.MemoryAdvice;
import dev.fathom.training.memory.RunForecast;
import dev.fathom.training.memory.StepMemory;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.parallel.Split;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** What is advised, over forecasts whose every number is known. */
class MemoryAdviceTest {
    private static final long MB = 1_000_000;

    /** 300 MB whatever is done, and 1 kB for each pixel of a part's pictures; a third of that when recomputing. */
    private static RunForecast forecast(StepMemory.Plan plan) {
        BatchOptions batch = plan.options().batch();
        long pixels = (long) batch.inputSize() * batch.inputSize() * plan.split().largestPart(batch.size());
        long activations = 1000 * pixels / (plan.recompute() ? 3 : 1);
        return new RunForecast(new StepMemory(Device.CPU, 100 * MB, 0, 0, 50 * MB, 150 * MB + activations,
                150 * MB + activations, 0), 50 * MB, 100 * MB);
    }

    private static StepMemory.Plan plan(int pictures, int side, Split split) {
        return new StepMemory.Plan(Encoder.VITS.config(), new DepthHead.Metric(10),
                TrainOptions.article().with(BatchOptions.article().of(pictures, side)), false, split);
    }

    private static MemoryAdvice advice(long usable) {
        return new MemoryAdvice(MemoryAdviceTest::forecast, usable, "this machine");
    }

    private static String refusal(StepMemory.Plan plan, long usable) {
        return assertThrows(FathomException.class, () -> advice(usable).check(plan, forecast(plan))).getMessage();
    }

    @Test
    void eachAdviceIsTheLeastChangeThatFits() {
        assertEquals("Training as asked needs about 1.4 GB: weights 100 MB, gradients 50 MB, activations 1.1 GB, loader"
                + " 50 MB, program 100 MB; but this machine can give 900 MB. What would fit: --bs 2 (837 MB),"
                + " --img-size 378 (872 MB), --recompute (658 MB), --accumulate 2 (837 MB). --no-memory-check begins"
                + " all the same.", refusal(plan(4, 518, Split.WHOLE), 900 * MB));
    }

    @Test
    void whatDoesNotFitIsNotAdvised() {
        String sentence = refusal(plan(4, 518, Split.WHOLE), 600 * MB);
        assertTrue(sentence.contains("What would fit: --bs 1 (568 MB), --img-size 266 (583 MB), --accumulate 4 (568 MB)."),
                sentence);
        assertTrue(refusal(plan(1, 518, Split.WHOLE), 301 * MB).endsWith("What would fit: --img-size 28 (301 MB)."
                + " --no-memory-check begins all the same."));
        assertTrue(refusal(plan(4, 518, Split.WHOLE), 300 * MB).endsWith("this machine can give 300 MB. No smaller batch"
                + " or crop, nor --recompute, is enough by itself: combine them, or take a smaller --encoder."));
    }

    @Test
    void whatFitsIsNotRefused() {
        StepMemory.Plan plan = plan(4, 518, Split.WHOLE);
        long exactly = forecast(plan).total();
        assertDoesNotThrow(() -> advice(exactly).check(plan, forecast(plan)));
        refusal(plan, exactly - 1);
    }

    /** The largest that fits below nine tenths, by trying all; never more with less memory. */
    @Property(tries = 200)
    void theLargestBatchIsFound(@ForAll @LongRange(min = 700, max = 40_000) long megabytes,
            @ForAll @IntRange(min = 1, max = 60) int most, @ForAll @IntRange(min = 1, max = 3) int accumulate,
            @ForAll boolean twoWorkers) {
        Split split = new Split(accumulate, twoWorkers ? List.of(Device.CPU, Device.CPU) : List.of());
        StepMemory.Plan plan = plan(split.parts(), 518, split);
        int chosen = advice(megabytes * MB).largestBatch(plan, most);
        int expected = split.parts();
        for (int n = split.parts(); n <= most; n++) {
            expected = forecast(plan.withBatch(n)).total() <= (long) (0.9 * megabytes * MB) ? n : expected;
        }
        assertEquals(expected, chosen);
        assertTrue(advice((megabytes + 500) * MB).largestBatch(plan, most) >= chosen);
    }

    /** Where even one picture is too much, that is what is said. */
    @Test
    void noBatchAtAll() {
        StepMemory.Plan plan = plan(1, 518, Split.WHOLE);
        assertEquals(1, advice(570 * MB).largestBatch(plan, 50), "fits, if without the margin");
        assertTrue(assertThrows(FathomException.class, () -> advice(500 * MB).largestBatch(plan, 50)).getMessage()
                .contains("What would fit: --img-size 434 (488 MB), --recompute (389 MB)."));
    }
}
