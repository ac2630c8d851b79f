package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.optim.LrSchedule;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.OptimOptions;
import dev.fathom.training.options.PrecisionOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.state.SavePolicy;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What training promises: the same seed gives the same bits, an interrupted run is the uninterrupted one, memory stays
 * flat.
 */
class TrainingPromisesTest {
    /** A loss scale under which this network's float16 gradients overflow, but under an eighth of it do not. */
    private static final double OVERFLOWS = 0x1p29;

    @TempDir
    private static Path shared;
    private static Training training;
    /** 2 epochs of 3 steps, on 2 loader threads and the machine's own number of compute threads. */
    private static Path reference;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
        reference = shared.resolve("reference");
        assertEquals(Trainer.End.FINISHED, train(reference, 42, 2, new TrainListener() { }).end());
    }

    private static TrainOptions options(long seed, int epochs) {
        return TrainOptions.article().over(epochs, seed).with(BatchOptions.article().of(2, 70))
                .with(OptimOptions.article().withRates(1e-4, 10));
    }

    /** Trains, or goes on if the folder holds a run. */
    private static Trainer.Outcome train(Path run, long seed, int workers, TrainListener listener) {
        return train(run, options(seed, 2), workers, listener);
    }

    private static Trainer.Outcome train(Path run, TrainOptions options, int workers, TrainListener listener) {
        return train(run, options, workers, listener, false);
    }

    private static Trainer.Outcome train(Path run, TrainOptions options, int workers, TrainListener listener,
            boolean recompute) {
        RunFolder folder = RunFolder.at(run);
        try (MemoryScope scope = MemoryScope.open("training")) {
            Trainer[] trainer = new Trainer[1];
            TrainListener watching = listener instanceof Stopping stopping ? stopping.of(trainer) : listener;
            trainer[0] = new Trainer(model().gradientCheckpointing(recompute), NyuHdf5Dataset.open(training.train()),
                    NyuHdf5Dataset.open(training.val()), options,
                    RunPolicy.standard().withThreads(workers), folder, watching);
            return folder.canResume() ? trainer[0].resume(Device.CPU) : trainer[0].start();
        }
    }

    private static DepthAnythingV2 model() {
        try (ModelFile file = ModelFile.open(training.weights())) {
            return file.loadEncoder(Workshop.METRIC, 5, Device.CPU);
        }
    }

    /** Asks the trainer to stop after a step, or in the middle of the validation after it. */
    private static class Stopping implements TrainListener {
        private final int step;
        private final boolean inValidation;
        private Trainer[] trainer;
        private long reached;

        Stopping(int step, boolean inValidation) {
            this.step = step;
            this.inValidation = inValidation;
        }

        Stopping of(Trainer[] which) {
            trainer = which;
            return this;
        }

        void stop() {
            trainer[0].requestStop();
        }

        @Override
        public void step(Step s) {
            reached = s.step();
            if (reached == step && !inValidation) {
                stop();
            }
        }

        @Override
        public void validated(Validated image) {
            if (reached == step && inValidation) {
                trainer[0].requestStop();
            }
        }
    }

    private static void assertEqualsReference(Path run, String what) {
        Training.assertSameBits(reference.resolve("last.safetensors"), run.resolve("last.safetensors"),
                what + ", last");
        Training.assertSameBits(reference.resolve("best.safetensors"), run.resolve("best.safetensors"),
                what + ", best");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "3, 2", "3, 3"})
    void theNumberOfThreadsChangesNothing(int workers, int threads) {
        try (WorkPool pool = new WorkPool(threads)) {
            WorkPool former = WorkPool.replaceShared(pool);
            try {
                train(folder, 42, workers, new TrainListener() { });
            } finally {
                WorkPool.replaceShared(former);
            }
        }
        assertEqualsReference(folder, workers + " loader threads, " + threads + " compute threads");
    }

    @Test
    void theSeedChangesEverything() {
        train(folder, 43, 2, new TrainListener() { });
        assertThrows(AssertionError.class, () -> assertEqualsReference(folder, "another seed"));
    }

    /** At an odd step, at an epoch's last step, in the middle of a validation; and twice in one run. */
    @ParameterizedTest
    @ValueSource(strings = {"1", "3", "5", "3v", "6v", "1 4", "2 3v 5"})
    void anInterruptedRunIsTheUninterruptedOne(String stops) throws IOException {
        for (String stop : stops.split(" ")) {
            int step = stop.charAt(0) - '0';
            Trainer.Outcome outcome = train(folder, 42, 2, new Stopping(step, stop.endsWith("v")));
            assertEquals(Trainer.End.STOPPED, outcome.end());
            assertEquals(step, outcome.progress().step());
        }
        Trainer.Outcome end = train(folder, 42, 2, new TrainListener() { });
        assertEquals(Trainer.End.FINISHED, end.end());
        assertEquals(6, end.progress().step());
        assertEqualsReference(folder, "stopped at " + stops);
        assertEquals(withoutTimes(reference), withoutTimes(folder), "the log too, but for the times");
    }

    /** Activation checkpointing is no part of what a run is: it may come and go when the run goes on. */
    @Test
    void recomputingChangesNothingAlsoInTheMiddleOfARun() throws IOException {
        for (int step = 2; step <= 8; step += 2) {
            boolean recompute = step != 4;
            train(folder, options(42, 2), 2, new Stopping(step, false), recompute);
            try (CheckpointFile last = CheckpointFile.open(folder.resolve("last.safetensors"))) {
                assertEquals(Boolean.toString(recompute), last.metadata().get("fathom.recompute"));
            }
        }
        assertEqualsReference(folder, "recomputed, except the third and fourth step");
        assertEquals(withoutTimes(reference), withoutTimes(folder));
    }

    /**
     * Stopped after each step, and gone on with by another number of loader threads. In float16 some steps overflow; the
     * loss scale and what is left to its next growth are part of the state.
     */
    @ParameterizedTest
    @EnumSource(names = {"FP16", "BF16"})
    void aRunThatIsStoppedAfterEachStepIsTheUninterruptedOne(Precision precision) throws IOException {
        TrainOptions options = options(42, 2).with(new PrecisionOptions(precision, OVERFLOWS));
        Path whole = folder.resolve("whole");
        List<Double> scales = new ArrayList<>();
        Trainer.Outcome outcome = train(whole, options, 2, new TrainListener() {
            @Override
            public void step(Step s) {
                scales.add(s.lossScale());
            }
        });
        int overflows = outcome.progress().overflowSteps();
        boolean scaled = precision == Precision.FP16;
        assertTrue(scaled ? overflows > 0 && overflows < 4 : overflows == 0, overflows + " of 6 steps overflowed");
        assertEquals(6 - overflows, outcome.progress().step());
        Path stopped = folder.resolve("stopped");
        List<Double> scalesOfParts = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Stopping everyStep = new Stopping(0, false) {
                @Override
                public void step(Step s) {
                    scalesOfParts.add(s.lossScale());
                    stop();
                }
            };
            train(stopped, options, 1 + i % 3, everyStep);
        }
        train(stopped, options, 1, new TrainListener() { });
        assertEquals(scales, scalesOfParts);
        Training.assertSameBits(whole.resolve("last.safetensors"), stopped.resolve("last.safetensors"), "last");
        assertEquals(withoutTimes(whole), withoutTimes(stopped));
    }

    /** A lock of another process is SavedStatesTest's. */
    @Test
    void twoRunsOfOneProcessDoNotShareAFolder() {
        List<String> refusals = new ArrayList<>();
        train(folder, options(42, 1), 1, new TrainListener() {
            @Override
            public void step(Step s) {
                refusals.add(assertThrows(FathomException.class, () -> train(folder, 42, 1, new TrainListener() { }))
                        .getMessage());
            }
        });
        assertEquals(Collections.nCopies(3, "Another run trains into " + folder + " already (in this process); wait for"
                + " it or stop it, or choose another folder with --outdir."), refusals);
    }

    /** Killed between the log's line and the state: the epoch's end happens again, and its line is there once. */
    @Test
    void theLogHasOneLineAnEpochHoweverOftenARunWasKilled() throws IOException {
        train(folder, 42, 2, new Stopping(4, false));
        Path log = folder.resolve("metrics.jsonl");
        List<String> lines = new ArrayList<>(Files.readAllLines(log));
        assertEquals(1, lines.size());
        lines.add(lines.getFirst().replace("\"epoch\":0", "\"epoch\":1"));
        lines.add("{\"epoch\":1,\"torn");
        Files.write(log, lines);
        Files.writeString(folder.resolve(".last.safetensors.0123abcd.tmp"), "half of a sta");
        train(folder, 42, 2, new TrainListener() { });
        assertEquals(withoutTimes(reference), withoutTimes(folder));
        assertEquals(List.of("best.safetensors", "last.safetensors", "metrics.jsonl", "run.lock", "steps.jsonl",
                "validation.jsonl"), Workshop.files(folder),
                "what a kill left is cleared away");
    }

    /** The rate follows the position in the whole run: over epochs, and over an interruption. */
    @Test
    void theScheduleRunsOverTheWholeRun() {
        Map<Long, Double> rates = new TreeMap<>();
        Stopping stopping = new Stopping(2, false) {
            @Override
            public void step(Step s) {
                rates.put(s.step(), s.learningRate());
                assertEquals(10 * s.learningRate(), s.headLearningRate(), 1e-15);
                super.step(s);
            }
        };
        assertEquals(Trainer.End.STOPPED, train(folder, 42, 2, stopping).end());
        assertEquals(Trainer.End.FINISHED, train(folder, 42, 2, stopping).end());
        // 6 steps, of which half an epoch, rounded to 2, warms up.
        LrSchedule schedule = new LrSchedule.CosineWarmup(2, 6);
        assertEquals(6, rates.size());
        rates.forEach((step, rate) -> assertEquals(1e-4 * schedule.factor(step - 1), rate, 1e-15, "step " + step));
    }

    /** All logs, but for what differs from one process to another. */
    private static List<String> withoutTimes(Path run) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String log : List.of("metrics.jsonl", "steps.jsonl", "validation.jsonl")) {
            Files.readAllLines(run.resolve(log)).stream()
                    .map(l -> l.replaceAll("(seconds|time|_bytes)\":[^,}]+", "")).forEach(lines::add);
        }
        return lines;
    }

    @Test
    void liveBytesStayFlatOverFiftySteps() {
        List<Long> live = new ArrayList<>();
        TrainListener watching = new TrainListener() {
            @Override
            public void step(Step step) {
                live.add(HostAllocator.shared().stats().liveBytes());
            }
        };
        long before = HostAllocator.shared().stats().liveBytes();
        try (MemoryScope scope = MemoryScope.open("training")) {
            new Trainer(model(), NyuHdf5Dataset.open(training.train()), NyuHdf5Dataset.open(training.val()),
                    options(1, 17), RunPolicy.standard().withThreads(1).with(SavePolicy.standard().withEvery("7")),
                    RunFolder.at(folder), watching).start();
        }
        assertEquals(51, live.size());
        assertEquals(1, live.stream().distinct().count(),
                "live bytes after each step, with validations and saves between: " + live);
        assertEquals(before, HostAllocator.shared().stats().liveBytes(), "and nothing is left when it is over");
    }

    /** What a step too large does to weights. */
    private static void spoil(DepthAnythingV2 model) {
        Tensor weight = model.parameters().get("pretrained.norm.weight").tensor();
        float[] values = new float[(int) weight.numel()];
        Arrays.fill(values, Float.NaN);
        weight.copyFrom(values);
    }

    /** Weights that are not finite never replace a state that is. */
    @Test
    void aDivergedRunLeavesTheLastGoodState() throws IOException {
        train(folder, 42, 2, new Stopping(1, false));
        byte[] good = Files.readAllBytes(folder.resolve("last.safetensors"));
        try (MemoryScope scope = MemoryScope.open("training")) {
            DepthAnythingV2 model = model();
            Trainer[] trainer = new Trainer[1];
            trainer[0] = new Trainer(model, NyuHdf5Dataset.open(training.train()), NyuHdf5Dataset.open(training.val()),
                    options(42, 2), RunPolicy.standard().withThreads(1),
                    RunFolder.at(folder), new TrainListener() {
                        @Override
                        public void step(Step step) {
                            spoil(model);
                            trainer[0].requestStop();
                        }
                    });
            String message = assertThrows(FathomException.class, () -> trainer[0].resume(Device.CPU)).getMessage();
            assertEquals("Training has diverged: pretrained.norm.weight holds NaN, so it is not saved, and "
                    + folder.resolve("last.safetensors")
                    + " is as it was; start anew with a lower --lr.", message);
        }
        assertTrue(Arrays.equals(good, Files.readAllBytes(folder.resolve("last.safetensors"))));
    }

    /** A loss that is not finite ends the run and says where it comes from, before it can spread. */
    @Test
    void aLossThatIsNotFiniteEndsTheRun() {
        try (MemoryScope scope = MemoryScope.open("training")) {
            DepthAnythingV2 model = model();
            Trainer trainer = new Trainer(model, NyuHdf5Dataset.open(training.train()),
                    NyuHdf5Dataset.open(training.val()), options(42, 2), RunPolicy.standard().withThreads(1),
                    RunFolder.at(folder), new TrainListener() {
                        @Override
                        public void step(Step step) {
                            spoil(model);
                        }
                    });
            String message = assertThrows(FathomException.class, trainer::start).getMessage();
            assertEquals("In epoch 1, batch 2, the loss is NaN: before the step pretrained.norm.weight (all NaN) was"
                    + " not finite already; " + folder.resolve("last.safetensors") + " is as it was, and 'tools/fathom"
                    + " replay " + folder.resolve("nan/epoch-000-batch-00001.safetensors") + "' runs the step again with"
                    + " every operation checked.", message);
        }
    }
}
