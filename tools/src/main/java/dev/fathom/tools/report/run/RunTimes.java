package dev.fathom.tools.report.run;

import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.report.Piece;
import dev.fathom.tools.report.ShareBar;
import java.util.List;

/** Where the time of a run went. */
final class RunTimes {
    private RunTimes() {
    }

    /** Seconds of all epochs and of the steps of one that is not finished. */
    static double total(RunHistory run) {
        return Math.max(run.epochs().sum("train_seconds"), run.steps().seconds())
                + run.epochs().sum("validation_seconds");
    }

    /** The bar; nothing if the run does not tell. */
    static List<Piece> of(RunHistory run) {
        if (total(run) <= 0) {
            return List.of();
        }
        double train = run.epochs().sum("train_seconds");
        double steps = run.steps().seconds();
        double validation = run.epochs().sum("validation_seconds");
        double saving = run.epochs().sum("save_seconds");
        ShareBar bar = new ShareBar("Where the time went", Durations::words);
        if (steps > 0) {
            bar.part("computing steps", steps - run.steps().waitSeconds())
                    .part("waiting for data", run.steps().waitSeconds());
        } else {
            bar.part("training", train);
        }
        return List.of(bar.part("validation", validation).part("saving", saving)
                .part("the rest of the epochs", steps > 0 ? train - steps - saving : 0));
    }

    /** Share of the steps' time spent waiting for data; NaN if the run does not tell. */
    static double waitShare(RunHistory run) {
        return run.steps().waitSeconds() / run.steps().seconds();
    }
}
