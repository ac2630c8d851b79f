package dev.fathom.training.trainer;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.ResidentMemory;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.Batch;
import dev.fathom.training.data.DataLoader;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.Mixture;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.optim.LrSchedule;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.Learning;
import dev.fathom.training.state.Progress;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.state.RunIdentity;
import dev.fathom.training.state.RunLock;
import dev.fathom.training.state.SavePolicy;
import dev.fathom.training.state.StateKeeper;
import dev.fathom.training.state.TrainState;
import dev.fathom.training.step.NonFiniteStep;
import dev.fathom.training.step.ParameterPlan;
import dev.fathom.training.step.TrainStep;
import dev.fathom.training.step.WeightUpdate;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Fine-tunes a metric model: epochs of {@link TrainStep}s over a {@link DataLoader}, a validation at the original
 * resolution after each, {@code last} saved as {@link SavePolicy} says (and on a stop), {@code best} whenever the
 * chosen metric improves.
 *
 * <p>A resumed run equals the uninterrupted one bit for bit: the order of samples and every augmentation follow from
 * (seed, epoch, sample), and weights, moments and step counts are restored exactly.
 */
public final class Trainer {
    /** How a run ended. */
    public enum End {
        /** All epochs are done. */
        FINISHED,
        /** The validation has not improved for as many epochs as {@link RunPolicy#earlyStop()} says. */
        STOPPED_EARLY,
        /** Somebody asked for it; everything is saved. */
        STOPPED
    }

    /**
     * @param end why it ended
     * @param progress how far it came
     */
    public record Outcome(End end, Progress progress) {
    }

    private final DepthAnythingV2 model;
    private final TrainOptions options;
    private final RunIdentity identity;
    private final RunFolder run;
    private final RunLogs logs;
    private final TrainListener listener;
    private final DataLoader loader;
    private final Validation validation;
    private final int trainingFrames;
    private final RunPolicy policy;
    private final ParameterPlan plan;
    private final LrSchedule schedule;
    private final NonFiniteSteps nonFinite;
    private Learning learning;
    private StateKeeper keeper;
    private volatile boolean stop;

    /**
     * @param model with its parameters set, or not yet if the run will be resumed
     * @param policy how it is carried out; changes no result
     */
    public Trainer(DepthAnythingV2 model, DepthDataset training, DepthDataset validation, TrainOptions options,
            RunPolicy policy, RunFolder run, TrainListener listener) {
        this.model = model;
        this.options = options;
        this.policy = policy;
        policy.split().check(options.batch().size());
        this.identity = new RunIdentity(options, training.size(), validation.size(),
                training.mixture().map(Mixture::toString).orElse(null));
        this.run = run;
        this.logs = new RunLogs(run, options.batch().minDepth(), options.batch().maxDepth());
        this.listener = TrainListener.all(logs, listener);
        this.validation = new Validation(model, validation, options, policy, this.listener);
        this.plan = new ParameterPlan(model, options.optim());
        this.trainingFrames = training.size();
        this.loader = new DataLoader(training, options.batch().loader(options.seed(), policy.threads())
                .withSkipBad(policy.skipBad()));
        this.nonFinite = new NonFiniteSteps(model, options, policy, run, this.listener, this::save);
        this.schedule = options.schedule().over(options.epochs(), loader.batchesPerEpoch());
    }

    /** Which parameters are trained, and at which rate. */
    public ParameterPlan plan() {
        return plan;
    }

    /** Optimiser steps of the whole run. */
    public long totalSteps() {
        return (long) options.epochs() * loader.batchesPerEpoch();
    }

    /** Asks the run to stop after the step it is in, and to save. From any thread. */
    public void requestStop() {
        stop = true;
    }

    /**
     * Trains the model as it is, from the beginning.
     *
     * <p>The optimiser's memory joins the innermost {@code MemoryScope}.
     */
    public Outcome start() {
        return start(() -> { });
    }

    /**
     * As {@link #start()}.
     *
     * @param beginning runs once the data has been looked at and the run's folder is there, before the first step
     */
    public Outcome start(Runnable beginning) {
        validation.requireDepth();
        try (RunLock lock = run.take()) {
            beginning.run();
            learning = Learning.begin(model, plan, options);
            keeper = new StateKeeper(run, identity, policy.saves(), learning.parts(), null);
            return run(Progress.start());
        }
    }

    /** Goes on from {@code last}. */
    public Outcome resume(Device device) {
        return resume(run.last(), device);
    }

    /**
     * Goes on from a state: its weights replace the model's.
     *
     * @param from {@link RunFolder#last()} or another state of the run
     * @param device where the run goes on
     * @throws FathomException if it is damaged, or was made under other options or with other data
     */
    public Outcome resume(Path from, Device device) {
        try (RunLock lock = run.take()) {
            Progress progress;
            try (TrainState state = TrainState.open(from, identity)) {
                learning = Learning.restore(state, model, device, plan, options);
                progress = state.progress();
            }
            validation.requireDepth();
            keeper = new StateKeeper(run, identity, policy.saves(), learning.parts(),
                    from.equals(run.last()) ? progress : null);
            return run(progress);
        }
    }

    private Outcome run(Progress from) {
        WeightUpdate update = new WeightUpdate(learning.optimiser(), options.optim().clip(), learning.ema());
        try (TrainStep step = new TrainStep(model, update, options.loss().objective(),
                options.compute().precision(), learning.scaler(), policy.split()); RunLogs closed = logs) {
            listener.begins(new TrainListener.Start(from.epoch(), options.epochs(), from.batch(),
                    loader.batchesPerEpoch(), from.step(), model.device()));
            return run(from, step);
        }
    }

    private Outcome run(Progress from, TrainStep step) {
        Progress progress = from;
        while (progress.epoch() < options.epochs()) {
            if (policy.endsEarly(progress)) {
                save(progress);
                return new Outcome(End.STOPPED_EARLY, progress);
            }
            long started = System.nanoTime();
            progress = epoch(progress, step);
            if (progress.batch() < loader.batchesPerEpoch()) {
                save(progress);
                return new Outcome(End.STOPPED, progress);
            }
            if (progress.lossCount() == 0 && progress.overflowSteps() > 0) {
                throw new FathomException("Every step of epoch " + (progress.epoch() + 1) + " overflowed in fp16 and"
                        + " was left out, so nothing was learnt; take --precision bf16 or fp32, or a lower"
                        + " --loss-scale.");
            }
            if (progress.lossCount() == 0 && progress.nonFiniteSteps() > 0) {
                throw new FathomException("No step of epoch " + (progress.epoch() + 1) + " was finite, so nothing was"
                        + " learnt; the files in " + run.nan() + " tell more with tools/fathom replay.");
            }
            if (progress.lossCount() == 0) {
                throw new FathomException("No batch of epoch " + (progress.epoch() + 1)
                        + " has a pixel with a depth from " + options.batch().minDepth()
                        + " to " + options.batch().maxDepth()
                        + " m, so there is nothing to learn; check --data, --max-depth, and that depths are in"
                        + " metres.");
            }
            double trainSeconds = secondsSince(started);
            Evaluation evaluation = validation.run(progress, learning.ema(), () -> stop);
            if (stop) {
                // The epoch's steps are done, its validation is not: a resumed run validates first.
                save(progress);
                return new Outcome(End.STOPPED, progress);
            }
            progress = finishEpoch(progress, evaluation, trainSeconds, secondsSince(started) - trainSeconds);
        }
        return new Outcome(End.FINISHED, progress);
    }

    private Progress epoch(Progress from, TrainStep step) {
        Progress progress = from;
        if (progress.batch() >= loader.batchesPerEpoch()) {
            return progress;
        }
        model.parameters().training(true);
        try (DataLoader.Epoch batches = loader.epoch(progress.epoch(), progress.batch())) {
            while (!stop && batches.hasNext()) {
                long asked = System.nanoTime();
                Batch batch;
                try {
                    batch = batches.next();
                    progress = leaveOut(progress, batch);
                } catch (FathomException e) {
                    if (progress.batch() > from.batch()) {
                        save(progress);     // what was learnt stays, and --resume --skip-bad can go on from here
                    }
                    throw e;
                }
                progress = batch.totalValidPixels() == 0 ? skip(progress, batch) : learn(progress, batch, step, asked);
            }
        } finally {
            model.parameters().training(false);
        }
        return progress;
    }

    private Progress skip(Progress before, Batch batch) {
        listener.skipped(before.epoch(), before.batch(), String.join(", ", batch.names()));
        return before.afterSkip(batch.emptySamples());
    }

    /**
     * One step, told to the listeners and saved where that is due.
     *
     * @param asked when the batch was asked for, by {@link System#nanoTime}
     */
    private Progress learn(Progress before, Batch batch, TrainStep step, long asked) {
        long got = System.nanoTime();
        // Skipped batches use up their place in the schedule, so that the rate depends on the position alone.
        double factor = schedule.factor((long) before.epoch() * loader.batchesPerEpoch() + before.batch());
        Progress after;
        TrainStep.Result result;
        TrainListener.LeftOut leftOut;
        try {
            result = step.run(batch, options.optim().learningRate() * factor, observer(before.step() + 1));
            after = result.applied() ? before.afterStep(result.loss(), batch.emptySamples())
                    : before.afterOverflow(result.loss(), batch.emptySamples());
            leftOut = result.applied() ? null : TrainListener.LeftOut.OVERFLOW;
        } catch (NonFiniteStep e) {
            after = nonFinite.meet(before, batch, step, e, learning.scaler().scale());
            result = new TrainStep.Result(e.loss(), false, Double.NaN);
            leftOut = TrainListener.LeftOut.NON_FINITE;
        }
        listener.step(new TrainListener.Step(before.epoch(), before.batch(), loader.batchesPerEpoch(), after.step(),
                result.loss(), result.gradNorm(), leftOut, learning.scaler().scale(), after.overflowSteps(),
                options.optim().learningRate() * factor, options.optim().headLearningRate() * factor, batch.size(),
                batch.repaired(), secondsSince(asked), (got - asked) * 1e-9, memory()));
        if (result.applied() && keeper.isDue(after.step())) {
            save(after);
        }
        return after;
    }

    /** Hands the gradients of a step to who wants them; null if nobody does. */
    private TrainStep.GradientObserver observer(long step) {
        if (!listener.wantsGradients(step)) {
            return null;
        }
        return (byParameter, scale) -> {
            Map<String, Tensor> byName = new LinkedHashMap<>();
            for (Parameter p : model.parameters().trainable()) {
                Tensor gradient = byParameter.get(p.tensor());
                if (gradient != null) {
                    byName.put(p.name(), gradient);
                }
            }
            listener.gradients(step, byName, scale);
        };
    }

    private TrainListener.Memory memory() {
        return new TrainListener.Memory(ResidentMemory.recentBytes().orElse(-1),
                Backends.of(model.device()).memory().peakBytes());
    }

    private Progress leaveOut(Progress before, Batch batch) {
        Progress progress = before;
        for (BadFrame bad : batch.bad()) {
            progress = progress.leavingOut(bad);
            listener.badFrame(bad);
            policy.skipBad().check("training", progress.badFrames(), trainingFrames, bad);
        }
        return progress;
    }

    private Progress finishEpoch(Progress done, Evaluation evaluation, double trainSeconds, double validationSeconds) {
        listener.validationEnds(done.epoch(), done.step(), evaluation);
        DepthMetric by = options.select().bestBy();
        Progress next = done.nextEpoch(evaluation.mean().get(by), by);
        boolean best = next.bestEpoch() == done.epoch();
        if (best) {
            learning.writeBest(run.best(), model, options);
            listener.saved(run.best());
        }
        // The line before the state: a kill between the two makes the epoch's end happen again, and the logs drop the
        // first line then.
        Map<String, Evaluation> bySet = validation.bySet(evaluation);
        logs.epoch(EpochLine.of(options, done, evaluation, bySet, learning.scaler(), trainSeconds, validationSeconds));
        if (keeper.isDueAfterEpoch(next.epoch(), options.epochs())) {
            save(next);
        }
        listener.epoch(new TrainListener.Epoch(done.epoch(), options.epochs(), done.step(), done.meanLoss(), evaluation,
                bySet, best, learning.scaler().scale(), done.overflowSteps(), done.nonFiniteSteps(), done.badFrames(),
                trainSeconds, validationSeconds));
        return next;
    }

    private void save(Progress progress) {
        if (!keeper.holds(progress)) {
            logs.force();
            listener.saved(keeper.save(progress));
        }
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) * 1e-9;
    }
}
