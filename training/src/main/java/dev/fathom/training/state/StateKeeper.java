package dev.fathom.training.state;

import java.nio.file.Path;
import java.util.List;

/** Saves a run's state when it is due, and keeps the ones before it. */
public final class StateKeeper {
    private final RunFolder run;
    private final RunIdentity identity;
    private final SavePolicy policy;
    private final List<StatePart> parts;
    /** What {@code last.safetensors} holds, if this run knows that it is good. */
    private Progress saved;
    private long savedAt = System.nanoTime();

    /**
     * @param parts what is saved beside the position
     * @param saved what {@code last.safetensors} holds; null if there is none, or the run does not go on from it
     */
    public StateKeeper(RunFolder run, RunIdentity identity, SavePolicy policy, List<StatePart> parts, Progress saved) {
        this.run = run;
        this.identity = identity;
        this.policy = policy;
        this.parts = parts;
        this.saved = saved;
    }

    /** Whether to save after an applied step. */
    public boolean isDue(long step) {
        return policy.dueAfterStep(step, System.nanoTime() - savedAt);
    }

    /** Whether to save after an epoch with its validation; {@code done} of {@code epochs} are. */
    public boolean isDueAfterEpoch(int done, int epochs) {
        return policy.dueAfterEpoch(done, epochs);
    }

    /** Whether the last state is exactly this. */
    public boolean holds(Progress now) {
        return now.equals(saved);
    }

    /**
     * Replaces the last state, which gets a place among those before it if the run keeps any. Two states of one step,
     * before and after a validation, count as one.
     *
     * @return the file
     */
    public Path save(Progress now) {
        int before = policy.keepLast() - 1;
        if (before > 0 && saved != null && saved.step() < now.step()) {
            run.states().keep(run.last(), saved.step());
        }
        TrainState.save(run.last(), identity, now, parts);
        saved = now;
        savedAt = System.nanoTime();
        if (before > 0) {
            run.states().keepOnly(before, now.step());
        }
        return run.last();
    }
}
