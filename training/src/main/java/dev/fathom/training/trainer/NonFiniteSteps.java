package dev.fathom.training.trainer;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.nan.Finding;
import dev.fathom.training.nan.OnNan;
import dev.fathom.training.nan.ReplayFacts;
import dev.fathom.training.nan.ReplayFile;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.Progress;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.step.NonFiniteStep;
import dev.fathom.training.step.TrainStep;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What a run does about steps that are not finite: has them examined, keeps them in replay files, and goes on or
 * ends, as its policy says.
 */
final class NonFiniteSteps {
    /** Replay files hold all weights; of the steps that a run leaves out, this many are kept. */
    static final int FILES = 3;

    private final DepthAnythingV2 model;
    private final TrainOptions options;
    private final RunPolicy policy;
    private final RunFolder run;
    private final TrainListener listener;
    private final Consumer<Progress> save;

    NonFiniteSteps(DepthAnythingV2 model, TrainOptions options, RunPolicy policy, RunFolder run,
            TrainListener listener, Consumer<Progress> save) {
        this.model = model;
        this.options = options;
        this.policy = policy;
        this.run = run;
        this.listener = listener;
        this.save = save;
    }

    /**
     * Deals with one.
     *
     * @param before where the run was
     * @param step that met it
     * @param lossScale of the step
     * @return where the run goes on
     * @throws FathomException if it ends here; its state is saved then, as it was before the step
     */
    Progress meet(Progress before, Batch batch, TrainStep step, NonFiniteStep met, double lossScale) {
        Finding finding = step.examine(batch);
        Progress after = before.afterNonFinite(batch.emptySamples());
        boolean goesOn = policy.onNan() == OnNan.SKIP && after.nonFiniteSteps() <= policy.maxSkips();
        Path file = null;
        if (!goesOn || after.nonFiniteSteps() <= FILES) {
            file = run.replay(before.epoch(), before.batch());
            ReplayFile.write(file, model, batch, facts(before, batch, met, lossScale, finding));
        }
        listener.notFinite(new TrainListener.NotFinite(before.epoch(), before.batch(), before.step(), met.loss(),
                met.gradients(), finding, file, goesOn, after.nonFiniteSteps()));
        if (goesOn) {
            return after;
        }
        boolean saved = finding.brokenWeights().isEmpty();
        if (saved) {
            save.accept(before);
        }
        throw new FathomException("In " + place(before) + " " + ReplayFacts.symptom(met.loss(), met.gradients()) + ": "
                + finding.sentence() + "; " + tooMany(after)
                + (saved ? "the state before the step is saved in " + run.last() : run.last() + " is as it was")
                + ", and 'tools/fathom replay " + file + "' runs the step again with every operation checked.");
    }

    private static String place(Progress at) {
        return "epoch " + (at.epoch() + 1) + ", batch " + (at.batch() + 1) + ",";
    }

    private String tooMany(Progress after) {
        return policy.onNan() == OnNan.STOP ? "" : "it is step " + after.nonFiniteSteps() + " that is not finite, and"
                + " --max-skips allows " + policy.maxSkips() + "; ";
    }

    private ReplayFacts facts(Progress before, Batch batch, NonFiniteStep met, double lossScale, Finding finding) {
        return new ReplayFacts(before.epoch(), before.batch(), before.step(), Double.toString(met.loss()),
                met.gradients(), options.compute().precision(), lossScale, model.gradientCheckpointing(),
                options.loss(), model.parameters().all().stream().filter(Parameter::isFrozen).map(Parameter::name)
                .toList(), batch.names(), batch.repaired(), policy.split().workers(),
                policy.split().accumulate(), model.device().toString(), finding.sentence());
    }
}
