package dev.fathom.tools.quickstart;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.image.Palette;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.tools.report.DepthPanel;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.evaluation.predictions.NetworkPredictions;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.metrics.BestConstant;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.synth.HoleSettings;
import dev.fathom.training.synth.SynthDataset;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/** Renders rooms, trains on them, measures on rooms it has not seen, and keeps what a person will look at. */
public final class Quickstart {
    private static final int SHOWN = 5;
    private static final int WORKERS = 2;
    private static final HoleSettings HOLES = new HoleSettings(0.3);

    /** Where it stands: for progress bars. */
    public interface Watcher extends TrainListener {
        void rendering(String what, int total);

        void rendered(int done);

        void measuring(String what, int total);

        void measured(int done);
    }

    /**
     * What came out.
     *
     * @param trained on the held-out rooms, {@code untrained} the same network before its first step
     * @param constant the one depth that is best by abs_rel on the held-out rooms themselves
     * @param losses one a step
     * @param epochs their validations
     * @param samples held-out rooms with the trained model's predictions
     * @param plan sizes and options
     */
    public record Result(Evaluation trained, Evaluation untrained, BestConstant constant, List<Double> losses,
            List<TrainListener.Epoch> epochs, List<Shown> samples, QuickstartPlan plan, long parameters, Path best) {
    }

    /** A held-out room and its prediction. */
    public record Shown(DepthSample sample, DepthMap prediction, double absRel) {
    }

    private final Path folder;
    private final QuickstartPlan plan;
    private final Device device;
    private final Watcher watcher;
    private volatile Trainer running;
    private volatile boolean stop;

    /** @param folder where everything goes; what an earlier quickstart left there is replaced */
    public Quickstart(Path folder, QuickstartPlan plan, Device device, Watcher watcher) {
        this.folder = folder;
        this.plan = plan;
        this.device = device;
        this.watcher = watcher;
    }

    /** Asks it to end soon, whatever it is doing. From any thread. */
    public void requestStop() {
        stop = true;
        Trainer trainer = running;
        if (trainer != null) {
            trainer.requestStop();
        }
    }

    /** Runs all of it; null if it was stopped. */
    public Result run() {
        try {
            return all();
        } catch (CancellationException stopped) {
            // Thrown by this class alone, where there is nothing to save.
            return null;
        }
    }

    private void goOn() {
        if (stop) {
            throw new CancellationException();
        }
    }

    private Result all() {
        render("training rooms", 0, plan.trainRooms(), "train");
        render("held-out rooms", plan.trainRooms(), plan.validationRooms(), "val");
        DepthDataset train = NyuHdf5Dataset.open(folder.resolve("data/train"));
        DepthDataset held = NyuHdf5Dataset.open(folder.resolve("data/val"));
        RunFolder run = RunFolder.at(folder.resolve("run"));
        Recorder recorder = new Recorder();
        try (MemoryScope scope = MemoryScope.open("quickstart")) {
            DepthAnythingV2 model = new DepthAnythingV2(plan.model(), plan.head());
            model.parameters().initialise(plan.options().seed(), device, name -> true);
            Evaluation untrained = evaluate(model, held, "untrained model", new ArrayList<>());
            running = new Trainer(model, train, held, plan.options(), RunPolicy.standard().withThreads(WORKERS), run,
                    TrainListener.all(recorder, watcher));
            goOn();
            if (running.start().end() == Trainer.End.STOPPED) {
                return null;
            }
            return result(run, held, untrained, recorder, model.parameters().parameterCount());
        }
    }

    /** Loads the best weights back from their file, as a user would, and measures those. */
    private Result result(RunFolder run, DepthDataset held, Evaluation untrained, Recorder recorder, long parameters) {
        List<Shown> shown = new ArrayList<>();
        try (ModelFile file = ModelFile.open(run.best()); MemoryScope scope = MemoryScope.open("best")) {
            DepthAnythingV2 best = file.load(file.head(null, false), Memory.MAP, device);
            Evaluation trained = evaluate(best, held, "trained model", shown);
            TrainOptions options = plan.options();
            BestConstant constant = BestConstant.of(held.size(), i -> held.sample(i).depth(), options.batch().minDepth(),
                    options.batch().maxDepth());
            return new Result(trained, untrained, constant, recorder.losses, recorder.epochs, shown, plan, parameters,
                    run.best());
        }
    }

    private void render(String what, int first, int count, String name) {
        watcher.rendering(what, count);
        IntConsumer done = n -> {
            goOn();
            watcher.rendered(n);
        };
        Path rooms = folder.resolve("data").resolve(name);
        removeRooms(rooms);
        new SynthDataset(plan.options().seed(), first, count, plan.width(), plan.height(), HOLES).writeTo(rooms, done);
    }

    /** A data set is every file of its folder: rooms of an earlier quickstart must not stay among the new ones. */
    private static void removeRooms(Path rooms) {
        if (!Files.isDirectory(rooms)) {
            return;
        }
        try (Stream<Path> files = Files.list(rooms)) {
            for (Path old : files.filter(f -> f.getFileName().toString().matches("room_\\d+\\.h5")).toList()) {
                Files.delete(old);
            }
        } catch (IOException e) {
            throw new FathomException("The rooms of an earlier quickstart in " + rooms + " cannot be removed (" + e
                    + "); choose another --outdir.", e);
        }
    }

    private Evaluation evaluate(DepthAnythingV2 model, DepthDataset held, String what, List<Shown> shown) {
        TrainOptions options = plan.options();
        watcher.measuring(what, held.size());
        EvaluationOptions how = new EvaluationOptions(Protocol.plain(options.batch().minDepth(), options.batch().maxDepth()),
                1, WORKERS, SkipBad.STOP);
        try (NetworkPredictions predictions = new NetworkPredictions(what, Map.of(), model, options.batch().inputSize(),
                options.compute().precision())) {
            return new Evaluator(how).run(predictions, held, (source, result, sample, scored) -> {
                goOn();
                watcher.measured(result.index() + 1);
                if (shown.size() < SHOWN && result.metrics().isPresent()) {
                    shown.add(new Shown(sample, new DepthMap(scored.width(), scored.height(), scored.prediction(),
                            model.head()), result.metrics().get().get(DepthMetric.ABS_REL)));
                }
                return true;
            });
        }
    }

    /** image | true depth | prediction | error for the shown rooms. */
    public static DepthPanel panel(List<Shown> samples) {
        DepthPanel panel = new DepthPanel(Palette.named("viridis")).title("Rooms the network has not seen").withError()
                .subtitle("depth in metres; error is |prediction - truth|");
        for (Shown s : samples) {
            panel.add(String.format(Locale.ROOT, "%s  abs_rel %.3f", Path.of(s.sample().name()).getFileName(),
                    s.absRel()), s.sample().picture(),
                    s.sample().depth(), s.prediction().values());
        }
        return panel;
    }

    /** Remembers the curves. */
    private static final class Recorder implements TrainListener {
        private final List<Double> losses = new ArrayList<>();
        private final List<Epoch> epochs = new ArrayList<>();

        @Override
        public void step(Step step) {
            losses.add(step.loss());
        }

        @Override
        public void epoch(Epoch epoch) {
            epochs.add(epoch);
        }
    }
}
