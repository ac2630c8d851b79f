package dev.fathom.training.trainer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.training.log.JsonLog;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.metrics.ErrorByDepth;
import dev.fathom.training.state.RunFolder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The logs in a run's folder: {@code steps.jsonl} (a line a batch), {@code validation.jsonl} (a line an epoch and
 * validated image), {@code metrics.jsonl} (a line an epoch). Where a run goes on, lines of batches that will be trained
 * again and of epochs that will be validated again go, so that there is one of each however often it was killed.
 */
public final class RunLogs implements TrainListener, AutoCloseable {
    private final RunFolder run;
    private final float minDepth;
    private final float maxDepth;
    private JsonLog steps;
    private JsonLog images;
    private JsonLog epochs;
    private int batches;
    private long step;
    private double waited;
    private ErrorByDepth byDepth;

    /** @param minDepth metres: what true depths count in validation; {@code maxDepth} likewise */
    public RunLogs(RunFolder run, float minDepth, float maxDepth) {
        this.run = run;
        this.minDepth = minDepth;
        this.maxDepth = maxDepth;
    }

    @Override
    public void begins(Start start) {
        batches = start.batches();
        byDepth = new ErrorByDepth(minDepth, maxDepth, ErrorByDepth.PARTS);
        step = start.step();
        steps = JsonLog.continuing(run.steps(), line -> isBefore(line, start));
        images = JsonLog.continuing(run.validation(), line -> epoch(line) < start.epoch());
        epochs = JsonLog.continuing(run.log(), line -> epoch(line) < start.epoch());
    }

    private static boolean isBefore(JsonNode line, Start start) {
        return epoch(line) < start.epoch()
                || epoch(line) == start.epoch() && line.path("batch").asInt(Integer.MAX_VALUE) < start.batch();
    }

    /** A line without one counts as later than all. */
    private static int epoch(JsonNode line) {
        return line.path("epoch").asInt(Integer.MAX_VALUE);
    }

    @Override
    public void step(Step s) {
        step = s.step();
        waited += s.waitSeconds();
        Map<String, Object> line = position(s.epoch(), s.batch());
        line.put("loss", s.loss());
        line.put("lr", s.learningRate());
        line.put("head_lr", s.headLearningRate());
        line.put("grad_norm", s.gradNorm());
        line.put("seconds", s.seconds());
        line.put("wait_seconds", s.waitSeconds());
        line.put("images", s.images());
        line.put("repaired_depths", s.repaired());
        line.put("loss_scale", s.lossScale());
        line.put("applied", s.applied());
        if (!s.applied()) {
            line.put("left_out", s.leftOut().word());
        }
        line.put("resident_bytes", s.memory().residentBytes() < 0 ? null : s.memory().residentBytes());
        line.put("tensor_peak_bytes", s.memory().tensorPeakBytes());
        line.put("time", now());
        steps.add(line);
    }

    @Override
    public void skipped(int epoch, int batch, String names) {
        Map<String, Object> line = position(epoch, batch);
        line.put("loss", null);
        line.put("applied", false);
        line.put("left_out", LeftOut.EMPTY.word());
        line.put("time", now());
        steps.add(line);
    }

    private Map<String, Object> position(int epoch, int batch) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", step);
        line.put("epoch", epoch);
        line.put("batch", batch);
        line.put("batches", batches);
        return line;
    }

    @Override
    public void validated(Validated image) {
        if (image.done() == 1) {
            byDepth = new ErrorByDepth(minDepth, maxDepth, ErrorByDepth.PARTS);
            // A validation takes long, and the steps before it are done.
            steps.flush();
        }
        Optional<DepthMetrics> metrics = image.result().metrics();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("epoch", image.epoch());
        line.put("step", image.step());
        line.put("index", image.result().index());
        line.put("name", image.result().name());
        line.put("width", image.result().width());
        line.put("height", image.result().height());
        line.put("pixels", metrics.map(DepthMetrics::pixels).orElse(null));
        for (DepthMetric metric : DepthMetric.values()) {
            line.put(metric.key(), metrics.map(m -> m.get(metric)).orElse(null));
        }
        if (metrics.isEmpty()) {
            line.put("skipped", true);
        } else {
            byDepth.add(image.prediction().values(), image.sample().depth());
        }
        images.add(line);
    }

    /** Ends an epoch: what {@link EpochLine} says and what this has seen meanwhile. */
    void epoch(Map<String, Object> line) {
        line.put("wait_seconds", waited);
        line.put("time", now());
        line.put("by_depth", byDepth.toMap());
        waited = 0;
        epochs.add(line);
    }

    /** Makes all lines survive a power cut: before a state is saved that they belong to. */
    void force() {
        steps.force();
        images.force();
        epochs.force();
    }

    /** Seconds since 1970, to the millisecond. */
    private static double now() {
        return System.currentTimeMillis() / 1000.0;
    }

    @Override
    public void close() {
        // As resources, so that a full disk at one does not leave the others open.
        try (JsonLog a = steps; JsonLog b = images; JsonLog c = epochs) {
            waited = 0;
        }
    }
}
