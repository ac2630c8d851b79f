package dev.fathom.training.trainer;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.nan.OnNan;
import dev.fathom.training.parallel.Split;
import dev.fathom.training.state.Progress;
import dev.fathom.training.state.SavePolicy;

/**
 * How a run is carried out: what may differ when it goes on, because its result does not depend on it.
 *
 * @param threads of the loaders, at least 1
 * @param saves when its state is saved, and how many are kept
 * @param earlyStop epochs without a better validation after which a run ends; 0 for never
 * @param skipBad what happens to frames that cannot be read
 * @param onNan what happens when a step is not finite
 * @param maxSkips how many such steps a whole run may leave out
 * @param split how the batch of a step is shared out; changes the last bits of a result, and no more
 */
public record RunPolicy(int threads, SavePolicy saves, int earlyStop, SkipBad skipBad, OnNan onNan, int maxSkips,
        Split split) {
    /** @throws FathomException if a value makes no sense; the sentence names the command line's option */
    public RunPolicy {
        require(threads >= 1, "--workers is " + threads + ", but must be at least 1.");
        require(earlyStop >= 0, "--early-stop is " + earlyStop + ", but a number of epochs is not negative.");
        require(maxSkips >= 0, "--max-skips is " + maxSkips + ", but a number of steps is not negative.");
    }

    private static void require(boolean ok, String sentence) {
        if (!ok) {
            throw new FathomException(sentence);
        }
    }

    /**
     * Two loader threads, a save after each epoch, an end at the first frame that cannot be read and at the first step
     * that is not finite.
     */
    public static RunPolicy standard() {
        return new RunPolicy(2, SavePolicy.standard(), 0, SkipBad.STOP, OnNan.STOP, 10, Split.WHOLE);
    }

    /** The same with other loader threads. */
    public RunPolicy withThreads(int count) {
        return new RunPolicy(count, saves, earlyStop, skipBad, onNan, maxSkips, split);
    }

    /** The same with other saves. */
    public RunPolicy with(SavePolicy other) {
        return new RunPolicy(threads, other, earlyStop, skipBad, onNan, maxSkips, split);
    }

    /** The same, ending once the validation has not improved for some epochs. */
    public RunPolicy withEarlyStop(int epochs) {
        return new RunPolicy(threads, saves, epochs, skipBad, onNan, maxSkips, split);
    }

    /** The same with frames that cannot be read left out, or not. */
    public RunPolicy withSkipBad(SkipBad other) {
        return new RunPolicy(threads, saves, earlyStop, other, onNan, maxSkips, split);
    }

    /** The same with another answer to steps that are not finite. */
    public RunPolicy withOnNan(OnNan answer, int most) {
        return new RunPolicy(threads, saves, earlyStop, skipBad, answer, most, split);
    }

    /** The same with batches shared out. */
    public RunPolicy with(Split other) {
        return new RunPolicy(threads, saves, earlyStop, skipBad, onNan, maxSkips, other);
    }

    /** Whether a run that has come this far ends here, because its validation no longer improves. */
    boolean endsEarly(Progress progress) {
        return earlyStop > 0 && progress.batch() == 0 && progress.epoch() - 1 - progress.bestEpoch() >= earlyStop;
    }
}
