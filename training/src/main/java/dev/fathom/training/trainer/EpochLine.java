package dev.fathom.training.trainer;

import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.Progress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** What {@code metrics.jsonl} says about an epoch. */
final class EpochLine {
    private EpochLine() {
    }

    /**
     * @param done with the epoch's steps, before the next begins
     * @param evaluation of the validation set after them
     * @param bySet the same of each validation set where there are several
     */
    static Map<String, Object> of(TrainOptions options, Progress done, Evaluation evaluation,
            Map<String, Evaluation> bySet, GradScaler scaler, double trainSeconds, double validationSeconds) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("epoch", done.epoch());
        line.put("step", done.step());
        line.put("train_loss", done.meanLoss());
        line.putAll(evaluation.mean().toMap());
        if (!bySet.isEmpty()) {
            Map<String, Object> sets = new LinkedHashMap<>();
            bySet.forEach((name, own) -> {
                Map<String, Object> values = new LinkedHashMap<>(own.mean().toMap());
                values.put("images", own.counted());
                values.put("skipped", own.skipped());
                sets.put(name, values);
            });
            line.put("by_set", sets);
        }
        line.put("images", evaluation.counted());
        line.put("skipped", evaluation.skipped());
        line.put("skipped_batches", done.skippedBatches());
        line.put("empty_samples", done.emptySamples());
        line.put("bad_frames", new TreeMap<>(done.badFrames()));
        line.put("bad_validation_frames", new TreeMap<>(evaluation.bad()));
        line.put("non_finite_steps", done.nonFiniteSteps());
        line.put("precision", options.compute().precision().toString());
        if (scaler.isOn()) {
            line.put("loss_scale", scaler.scale());
            line.put("overflow_steps", done.overflowSteps());
        }
        line.put("train_seconds", trainSeconds);
        line.put("validation_seconds", validationSeconds);
        return line;
    }
}
