package dev.fathom.tools.bench;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.memory.ResidentMemory;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.tools.events.TensorBoardLog;
import dev.fathom.tools.train.TrainProgress;
import dev.fathom.training.data.Batch;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.step.TrainStep;
import dev.fathom.training.trainer.RunLogs;
import dev.fathom.training.trainer.TrainListener;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What it costs to watch a run: training steps by themselves and with the logs, the event file and the progress line, in
 * turns, and the time that these take by themselves.
 */
final class ListenersPart implements Part {
    /** As the command has it by default. */
    private static final int HISTOGRAM_EVERY = 100;
    private static final int COLUMNS = 150;
    private static final long SECOND = 1_000_000_000L;
    /** Calls after which the listeners are compiled, as in all of a run but its first minutes. */
    private static final int WARM_CALLS = 5000;

    private final ModelBench bench;
    private final int runs;

    ListenersPart(ModelBench bench, int runs) {
        this.bench = bench;
        this.runs = runs;
    }

    @Override
    public String title() {
        return bench.encoder().id() + " training step, " + bench.batch() + " x " + bench.side() + " x " + bench.side()
                + ", " + bench.precision() + ", watched and not";
    }

    @Override
    public Found measure() {
        Path folder = TemporaryFolder.make();
        try {
            return bench.stepping((model, step, samples) -> measure(folder, model, step, samples));
        } finally {
            TemporaryFolder.delete(folder);
        }
    }

    private Found measure(Path folder, DepthAnythingV2 model, TrainStep step, Batch samples) {
        PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        // A clock that runs away: the line is drawn at every step, and so is compiled like the rest.
        AtomicLong clock = new AtomicLong();
        try (TrainProgress progress = new TrainProgress(new PrintWriter(nowhere),
                new TrainProgress.View(nowhere, COLUMNS, Duration.ofSeconds(30), () -> clock.addAndGet(SECOND)));
                RunLogs logs = new RunLogs(RunFolder.at(folder), 0.001f, 10);
                TensorBoardLog events = new TensorBoardLog(folder, 1)) {
            TrainListener all = TrainListener.all(logs, progress, events);
            int steps = 2 * runs + Math.min(runs, 3);
            all.begins(new TrainListener.Start(0, 1, 0, steps, 0, Device.CPU));
            TrainStep.Result first = once(step, samples, null);
            for (int i = 0; i < (runs == 1 ? 1 : WARM_CALLS); i++) {
                all.step(about(i, steps, first, 1));
            }
            double[] alone = new double[runs];
            double[] watched = new double[runs];
            double[] listening = new double[runs];
            double[] counting = new double[runs];
            for (int i = -Math.min(runs, 3); i < runs; i++) {
                double plain = seconds(() -> once(step, samples, null));
                TrainStep.Result[] result = new TrainStep.Result[1];
                double more = seconds(() -> result[0] = once(step, samples, null));
                int number = i + Math.min(runs, 3);
                double heard = seconds(() -> all.step(about(number, steps, result[0], plain)));
                double[] counted = new double[1];
                once(step, samples, (byParameter, scale) -> {
                    Map<String, Tensor> byName = new LinkedHashMap<>();
                    for (Parameter p : model.parameters().trainable()) {
                        byName.put(p.name(), byParameter.get(p.tensor()));
                    }
                    byName.values().removeIf(g -> g == null);
                    counted[0] = seconds(() -> events.gradients(number + 1, byName, scale));
                });
                if (i >= 0) {
                    alone[i] = plain;
                    watched[i] = more + heard;
                    listening[i] = heard;
                    counting[i] = counted[0];
                }
            }
            return new Measured(title(), new Samples(alone), new Samples(watched), new Samples(listening),
                    new Samples(counting));
        }
    }

    private static TrainStep.Result once(TrainStep step, Batch samples, TrainStep.GradientObserver observer) {
        try (MemoryScope scope = MemoryScope.open("run")) {
            return step.run(samples, ModelBench.RATE, observer);
        }
    }

    private TrainListener.Step about(int number, int steps, TrainStep.Result result, double seconds) {
        return new TrainListener.Step(0, number, steps, number + 1L, result.loss(), result.gradNorm(), null, 1, 0,
                ModelBench.RATE, ModelBench.RATE, bench.batch(), 0, seconds, 0, new TrainListener.Memory(
                ResidentMemory.recentBytes().orElse(-1), HostAllocator.shared().stats().peakBytes()));
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) * 1e-9;
    }

    /**
     * Seconds of each run.
     *
     * @param listening of the listeners at one step, {@code counting} of the histograms at a step that has them
     */
    private record Measured(String title, Samples alone, Samples watched, Samples listening, Samples counting) implements Found {
        /** Of a step: what watching adds, with its part of the histograms. */
        private double share() {
            return (listening.median() + counting.median() / HISTOGRAM_EVERY) / alone.median();
        }

        @Override
        public String text(MachineRates rates) {
            return String.format(Locale.ROOT, "%s:%n  by itself %s%n  watched   %s%n"
                    + "  logs, events and progress take %.3f ms a step, histograms of all gradients %.1f ms every %d steps:"
                    + " together %.2f %% of a step%n", title, alone.describe(), watched.describe(), 1e3 * listening.median(),
                    1e3 * counting.median(), HISTOGRAM_EVERY, 100 * share());
        }

        @Override
        public Map<String, Object> json(MachineRates rates) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("part", "listeners");
            map.put("step", alone.json());
            map.put("watched_step", watched.json());
            map.put("listeners", listening.json());
            map.put("histograms", counting.json());
            map.put("share_of_step", share());
            return map;
        }
    }
}
