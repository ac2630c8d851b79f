package dev.fathom.training.nan;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.training.options.LossOptions;
import dev.fathom.training.parallel.Split;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * What a replay file says of its step beside weights and batch; JSON in the file's metadata.
 *
 * @param epoch from 0, of {@code batch}, from 0
 * @param step optimiser steps done before it
 * @param loss that it had, as text, because JSON knows no NaN
 * @param nonFiniteGradients elements of its gradients that were not finite
 * @param precision that it was computed in
 * @param lossScale that its loss was multiplied by
 * @param recompute whether activations were computed again for their gradient
 * @param lossOptions what was made small
 * @param frozen parameters that were not trained
 * @param samples names of the batch's samples
 * @param repaired depths of the batch that became holes because they were not finite or negative
 * @param workers among which the batch was shared out
 * @param accumulate parts that each of them ran one after another
 * @param device that it was computed on
 * @param finding what the detective found, one sentence
 */
public record ReplayFacts(int epoch, int batch, long step, String loss, long nonFiniteGradients, Precision precision,
        double lossScale, boolean recompute, LossOptions lossOptions, List<String> frozen, List<String> samples,
        int repaired, int workers, int accumulate, String device, String finding) {
    /**
     * How the batch is shared out where the step is run again on one device: the same parts on the processor; on a GPU,
     * which takes one worker, the same number of parts.
     */
    public Split split(Device on) {
        return on.isHost() && workers > 1 ? new Split(accumulate, Collections.nCopies(workers, on))
                : new Split(workers * accumulate, List.of());
    }

    /** {@code epoch 3, batch 17}, counted from 1, as people do. */
    public String place() {
        return "epoch " + (epoch + 1) + ", batch " + (batch + 1);
    }

    /** {@code the loss was NaN}, or what was wrong with its gradients. */
    public String symptom() {
        return symptom(Double.parseDouble(loss), nonFiniteGradients);
    }

    /** What is wrong with a step, as a clause. */
    public static String symptom(double loss, long nonFiniteGradients) {
        return Double.isFinite(loss) ? String.format(Locale.ROOT,
                "the loss is %s, but %,d elements of its gradients are not finite", loss, nonFiniteGradients)
                : "the loss is " + loss;
    }
}
