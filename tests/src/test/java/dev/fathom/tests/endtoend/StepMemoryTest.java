package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.memory.StepMemory;
import dev.fathom.training.optim.NamePattern;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.OptimOptions;
import dev.fathom.training.options.PrecisionOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.parallel.Split;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a rehearsed step takes, against what the allocator counts while a run trains, validates and saves. */
class StepMemoryTest {
    @TempDir
    private static Path shared;
    private static Training training;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
    }

    /** What changes how much memory a step takes, or when. */
    enum Case {
        PLAIN, RECOMPUTE, HALF, SCALED, AVERAGED, CLIPPED, FROZEN, ACCUMULATED, TWO_WORKERS
    }

    private static StepMemory.Plan plan(Case which) {
        TrainOptions options = TrainOptions.article().over(1, 3).with(BatchOptions.article().of(2, 70));
        OptimOptions optim = options.optim();
        return new StepMemory.Plan(Workshop.TINY, Workshop.METRIC, switch (which) {
            case HALF -> options.with(new PrecisionOptions(Precision.BF16, 1));
            case SCALED -> options.with(new PrecisionOptions(Precision.FP16, 1024));
            case AVERAGED -> options.with(optim.withEma(0.9));
            case CLIPPED -> options.with(optim.withClipNorm(1));
            case FROZEN -> options.with(optim.withFreeze(List.of(NamePattern.of("pretrained.*"))));
            default -> options;
        }, which == Case.RECOMPUTE, switch (which) {
            case ACCUMULATED -> new Split(2, List.of());
            case TWO_WORKERS -> new Split(1, List.of(Device.CPU, Device.CPU));
            default -> Split.WHOLE;
        });
    }

    @ParameterizedTest
    @EnumSource(Case.class)
    void isWhatTheAllocatorCounts(Case which) {
        StepMemory.Plan plan = plan(which);
        StepMemory forecast = StepMemory.of(plan, Device.CPU);
        HostAllocator allocator = HostAllocator.shared();
        long before = allocator.stats().liveBytes();
        long measured;
        try (MemoryScope scope = MemoryScope.open("training")) {
            DepthAnythingV2 model = new DepthAnythingV2(plan.config(), plan.head())
                    .gradientCheckpointing(plan.recompute());
            model.parameters().initialise(1, Device.CPU, name -> true);
            allocator.resetPeak();
            new Trainer(model, NyuHdf5Dataset.open(training.train()), NyuHdf5Dataset.open(training.val()),
                    plan.options(), RunPolicy.standard().withThreads(1).with(plan.split()), RunFolder.at(folder),
                    new TrainListener() { }).start();
            measured = allocator.stats().peakBytes() - before;
        }
        String what = String.format(Locale.ROOT, "%s, measured %,d", forecast, measured);
        if (which == Case.TWO_WORKERS) {
            // Which moments of two threads coincide is chance; they do not exceed both highest ones together.
            assertTrue(measured <= forecast.peak() && measured >= 0.8 * forecast.peak(), what);
        } else {
            assertEquals(measured, forecast.peak(), what);
        }
        assertTrue(forecast.reserved() >= forecast.peak(), what);
        assertTrue(forecast.activations() > 0, what);
    }

    /** What is in it, for a network of known size. */
    @Test
    void itsPartsOfViTS() {
        TrainOptions options = TrainOptions.article().with(BatchOptions.article().of(1, 140));
        StepMemory.Plan plan = new StepMemory.Plan(Encoder.VITS.config(), Workshop.METRIC, options, false,
                Split.WHOLE);
        StepMemory forecast = StepMemory.of(plan, Device.CPU);
        long numbers = 24_785_089;
        assertEquals(4 * numbers, forecast.weights());
        // Allocated in multiples of 64 bytes: 239 tensors, three times.
        assertEquals(8 * numbers, forecast.moments(), 64 * 3 * 239);
        // Five tensors of 0.3 million numbers are read by no forward pass.
        assertEquals(4 * numbers, forecast.gradients(), 0.3e6 * 4);
        assertEquals(0, forecast.average());
        assertEquals(forecast.reserved(), forecast.weights() + forecast.moments() + forecast.gradients()
                + forecast.activations());
        StepMemory more = StepMemory.of(plan.with(options.with(options.optim().withEma(0.99))), Device.CPU);
        assertEquals(4 * numbers, more.average());
    }

    /** Nothing is taken, and nothing is left behind. */
    @Test
    void aRehearsalTakesNoMemory() {
        long live = HostAllocator.shared().stats().liveBytes();
        long reserved = HostAllocator.shared().stats().reservedBytes();
        StepMemory.Plan plan = new StepMemory.Plan(Encoder.VITL.config(), Workshop.METRIC,
                TrainOptions.article().with(BatchOptions.article().of(2, 252)), false, Split.WHOLE);
        StepMemory first = StepMemory.of(plan, Device.CPU);
        assertTrue(first.total() > 5L << 30, first.toString());
        assertEquals(live, HostAllocator.shared().stats().liveBytes());
        assertEquals(reserved, HostAllocator.shared().stats().reservedBytes());
        assertEquals(first, StepMemory.of(plan, Device.CPU));
    }
}
