package dev.fathom.tools.report.run;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.trainer.TrainListener;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Writes {@code report.html} into the folder of a run that goes on: after each epoch, and when the run ends in the
 * middle of one. It reads what other listeners wrote, so it comes after them.
 *
 * <p>A page that cannot be written is said, and ends no run.
 */
public final class ReportListener implements TrainListener, AutoCloseable {
    private final Path folder;
    private final RunHistory run;
    private final Tiles tiles = new Tiles(RunReport.TILE);
    private final Consumer<String> problem;
    private boolean news;

    /** @param problem takes the sentence about a page that could not be written */
    public ReportListener(Path folder, Consumer<String> problem) {
        this.folder = folder;
        this.run = RunHistory.following(folder);
        this.problem = problem;
    }

    @Override
    public void step(Step step) {
        news = true;
    }

    @Override
    public void epoch(Epoch epoch) {
        write();
    }

    private void write() {
        news = false;
        try {
            run.refresh();
            RunReport.of(run, tiles).save(folder.resolve(RunReport.FILE));
        } catch (FathomException e) {
            problem.accept("The report is not written, training goes on: " + e.getMessage());
        }
    }

    /** Writes the page of a run that stopped or failed after its last epoch. */
    @Override
    public void close() {
        if (news) {
            write();
        }
    }
}
