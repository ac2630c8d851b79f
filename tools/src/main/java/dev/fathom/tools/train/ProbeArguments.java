package dev.fathom.tools.train;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.probe.LrRangeTest;
import dev.fathom.training.probe.OverfitOneBatch;
import dev.fathom.training.trainer.RunPolicy;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Short experiments instead of a run, with the run's own options. Nothing of a run in the same folder is touched. */
final class ProbeArguments {
    private static final double FROM = 1e-7;
    private static final double TO = 1;
    private static final int STEPS = 100;

    @Option(names = "--overfit-one-batch", arity = "0..1", fallbackValue = "100", paramLabel = "STEPS",
            description = "No run: train on one fixed batch without augmentation (100 steps unless said) and say whether"
                    + " its loss fell as it should. Writes nothing; exit code 1 if it did not.")
    private Integer overfit;

    @Option(names = "--lr-find", arity = "0",
            description = "No run: let the rate grow from step to step and suggest one from the loss. Writes"
                    + " lr-find.html and lr-find.json into --outdir.")
    private Boolean lrFind;

    @Option(names = "--lr-find-from", paramLabel = "LR",
            description = "The first rate of the encoder (default: 1e-7).")
    private Double from;

    @Option(names = "--lr-find-to", paramLabel = "LR", description = "The last (default: 1).")
    private Double to;

    @Option(names = "--lr-find-steps", paramLabel = "N", description = "Steps between them (default: 100).")
    private Integer steps;

    /** Whether an experiment is asked for instead of a run. */
    boolean asked() {
        return overfit != null || finds();
    }

    private boolean finds() {
        return Boolean.TRUE.equals(lrFind);
    }

    /** What the words alone show to be wrong. */
    void check(CommandSpec spec, boolean resumes) {
        WrongCall.unless(overfit == null || !finds(), spec,
                "--overfit-one-batch and --lr-find are two experiments; ask for one at a time.");
        WrongCall.unless(overfit == null || overfit >= 2, spec, "--overfit-one-batch is " + overfit
                + ", but must be at least 2 steps.");
        WrongCall.unless(!asked() || !resumes, spec, (finds() ? "--lr-find" : "--overfit-one-batch")
                + " begins from start weights; leave --resume out.");
        WrongCall.orValue(spec, this::test);
    }

    private LrRangeTest test() {
        return new LrRangeTest(from == null ? FROM : from, to == null ? TO : to, steps == null ? STEPS : steps);
    }

    /** Runs the experiment; the exit code. */
    int run(DepthAnythingV2 model, DepthDataset data, TrainOptions options, RunPolicy policy, Path outdir,
            PrintWriter out) {
        if (!finds()) {
            return overfit(model, data, options, policy, out);
        }
        return LrFindReport.run(test(), model, data, options, policy, outdir, out);
    }

    private int overfit(DepthAnythingV2 model, DepthDataset data, TrainOptions options, RunPolicy policy,
            PrintWriter out) {
        int every = Math.max(1, overfit / 10);
        double lr = options.optim().learningRate();
        out.println(String.format(Locale.ROOT, "one batch of %d, %d steps at lr %.1e / %.1e", options.batch().size(),
                overfit, lr, options.optim().headLearningRate()));
        OverfitOneBatch.Result result = OverfitOneBatch.run(model, data, options, policy, overfit, (step, loss) -> {
            if (step % every == 0 || step == overfit - 1) {
                out.println(String.format(Locale.ROOT, "step %4d: loss %.4f", step + 1, loss));
                out.flush();
            }
        });
        String fall = String.format(Locale.ROOT, "from %.4f to %.4f", result.losses()[0], result.end());
        switch (result.verdict()) {
            case FELL -> out.println("the loss fell " + fall + ", as it should: model, data and loss work together");
            case SLOW -> throw new FathomException("The loss fell " + fall + ", which is less than by half; expected it to"
                    + " fall far on one batch: give it more steps, or a larger --lr.");
            case STUCK -> throw new FathomException("The loss went " + fall + ", so nothing is learnt even from one batch;"
                    + " expected it to fall by half at least: try a "
                    + (result.end() > result.losses()[0] ? "smaller" : "larger") + " --lr (--lr-find suggests one), then"
                    + " look at the unit and the holes of the depths, --max-depth, and what is frozen.");
            case NOT_FINITE -> throw new FathomException("The loss or its gradient is not finite in step "
                    + result.losses().length + " on " + String.join(", ", result.names())
                    + "; expected finite numbers: lower --lr, or look at these samples.");
        }
        return 0;
    }
}
