package dev.fathom.tools.report.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.tools.report.Series;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** What {@code steps.jsonl} tells: curves by step, and sums over all steps. */
final class StepHistory {
    private final JsonLines lines;
    private Curves curves = new Curves();

    /** Curves by optimiser step. All are thinned; what a run does not write stays empty. */
    private static final class Curves {
        private final Series loss = new Series();
        private final Series rate = new Series();
        private final Series headRate = new Series();
        private final Series gradNorm = new Series();
        private final Series lossScale = new Series();
        private final Series resident = new Series();
        private final Series tensors = new Series();
        private final Series speed = new Series();
        private final Series leftOutAt = new Series();
        private final Map<String, Integer> leftOut = new TreeMap<>();
        private long lines;
        private long step;
        private long images;
        private long clipped;
        private double seconds;
        private double waitSeconds;
        private double time = Double.NaN;

        private void add(JsonNode line) {
            lines++;
            step = Math.max(step, line.path("step").asLong());
            long x = step;
            boolean applied = line.path("applied").asBoolean(true);
            String reason = line.path("left_out").asText(applied ? "" : "unnamed");
            if (!reason.isEmpty()) {
                leftOut.merge(reason, 1, Integer::sum);
                leftOutAt.add(x, Double.NaN);
            }
            // A batch without a valid pixel has no loss; every other loss that is not there was not finite.
            if (!reason.equals("empty")) {
                loss.add(x, JsonLines.number(line, "loss"));
                addIfThere(gradNorm, x, line, "grad_norm");
            }
            addIfThere(rate, x, line, "lr");
            addIfThere(headRate, x, line, "head_lr");
            addIfThere(lossScale, x, line, "loss_scale");
            addIfThere(resident, x, line, "resident_bytes");
            addIfThere(tensors, x, line, "tensor_peak_bytes");
            double took = JsonLines.number(line, "seconds");
            double pictures = line.path("images").asDouble();
            if (took > 0) {
                seconds += took;
                speed.add(x, pictures / took);
            }
            double wait = JsonLines.number(line, "wait_seconds");
            waitSeconds += Double.isFinite(wait) ? wait : 0;
            images += (long) pictures;
            time = JsonLines.number(line, "time");
        }

        private static void addIfThere(Series series, long x, JsonNode line, String key) {
            double value = JsonLines.number(line, key);
            if (Double.isFinite(value)) {
                series.add(x, value);
            }
        }
    }

    StepHistory(Path file) {
        lines = new JsonLines(file);
    }

    /** @param clip the norm that gradients were clipped to; NaN or 0 if they were not */
    void refresh(double clip) {
        lines.read(() -> curves = new Curves(), line -> {
            curves.add(line);
            curves.clipped += clip > 0 && JsonLines.number(line, "grad_norm") > clip ? 1 : 0;
        });
    }

    /** Steps whose gradients were clipped. */
    long clipped() {
        return curves.clipped;
    }

    int unreadable() {
        return lines.unreadable();
    }

    /** Lines read: batches seen. */
    long lines() {
        return curves.lines;
    }

    /** Optimiser steps done. */
    long step() {
        return curves.step;
    }

    /** Pictures trained on, those of steps that were left out too. */
    long images() {
        return curves.images;
    }

    /** Seconds in steps, waiting for data included. */
    double seconds() {
        return curves.seconds;
    }

    /** Seconds of these waiting for data. */
    double waitSeconds() {
        return curves.waitSeconds;
    }

    /** When the last line was written, seconds since 1970; NaN if no line says. */
    double time() {
        return curves.time;
    }

    /** Steps that changed nothing, by reason: {@code overflow}, {@code empty}, {@code non-finite}. */
    Map<String, Integer> leftOut() {
        return curves.leftOut;
    }

    /** Where the first of them are. */
    double[] leftOutPlaces() {
        return curves.leftOutAt.nonFinitePlaces();
    }

    Series loss() {
        return curves.loss;
    }

    Series rate() {
        return curves.rate;
    }

    Series headRate() {
        return curves.headRate;
    }

    Series gradNorm() {
        return curves.gradNorm;
    }

    Series lossScale() {
        return curves.lossScale;
    }

    /** Bytes of the process. */
    Series resident() {
        return curves.resident;
    }

    /** Bytes that tensors took at most so far. */
    Series tensors() {
        return curves.tensors;
    }

    /** Pictures a second. */
    Series speed() {
        return curves.speed;
    }
}
