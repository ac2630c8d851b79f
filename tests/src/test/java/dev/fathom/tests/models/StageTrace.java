package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.dispatch.Dispatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Watches a forward pass and looks for every stage of a golden's {@code trace}: the output of each block and of each
 * module of the decoder, of which the golden keeps mean, standard deviation, the first eight and the last four values.
 *
 * <p>A stage is found by its numbers, not by its place in our code: among the results of all kernels there must be one
 * with those values. So kernels may be fused and independent steps reordered without a change here, and when a network
 * is wrong, the first stage that is missing says where it leaves the path.
 */
final class StageTrace implements AutoCloseable {
    /**
     * Relative to the stage's standard deviation; PyTorch's own float32 error is about 2e-6 of it on average, 1e-5 at
     * most.
     */
    private static final double ELEMENT = 1e-4;
    private static final double MEAN = 1e-5;

    /** One stage: what is expected, and the nearest thing seen so far. */
    private static final class Stage {
        final String module;
        final int[] shape;
        final double[] ends;
        final double mean;
        final double std;
        double nearest = Double.POSITIVE_INFINITY;
        boolean found;

        Stage(JsonNode json, double outputScale) {
            module = json.get("module").asText();
            double scale = module.endsWith("output_conv2") ? outputScale : 1;
            shape = TinyCase.ints(json.get("shape")).stream().mapToInt(Integer::intValue).toArray();
            ends = new double[12];
            for (int i = 0; i < 12; i++) {
                ends[i] = scale * (i < 8 ? json.get("first").get(i) : json.get("last").get(i - 8)).asDouble();
            }
            mean = scale * json.get("mean").asDouble();
            std = scale * json.get("std").asDouble();
        }

        long numel() {
            return Arrays.stream(shape).asLongStream().reduce(1, Math::multiplyExact);
        }

        /** Where PyTorch's flat element lies in the channels-last tensor. */
        int place(int flat) {
            if (shape.length != 4) {
                return flat;
            }
            int pixels = shape[2] * shape[3];
            return flat % pixels * shape[1] + flat / pixels;
        }

        void look(float[] values) {
            double worst = 0;
            for (int i = 0; i < 12; i++) {
                int flat = i < 8 ? i : values.length - 12 + i;
                worst = Math.max(worst, Math.abs(values[place(flat)] - ends[i]));
            }
            nearest = Math.min(nearest, worst / std);
            if (worst <= ELEMENT * std) {
                double sum = 0;
                double squares = 0;
                for (float v : values) {
                    sum += v;
                    squares += (double) v * v;
                }
                double m = sum / values.length;
                double s = Math.sqrt(squares / values.length - m * m);
                found |= Math.abs(m - mean) <= MEAN * std && Math.abs(s - std) <= MEAN * std;
            }
        }
    }

    private final List<Stage> stages = new ArrayList<>();

    private StageTrace() {
    }

    /**
     * Watches from now on until closed.
     *
     * @param outputScale the head's factor, which here belongs to {@code output_conv2} and in the original comes after
     */
    static StageTrace watch(JsonNode trace, double outputScale) {
        StageTrace watcher = new StageTrace();
        trace.forEach(stage -> watcher.stages.add(new Stage(stage, outputScale)));
        Dispatcher.listen((op, in, out, nanos) -> watcher.look(out.getFirst()));
        return watcher;
    }

    private void look(Tensor result) {
        float[] values = null;
        for (Stage stage : stages) {
            if (!stage.found && stage.numel() == result.numel()) {
                values = values == null ? result.toFloats() : values;
                stage.look(values);
            }
        }
    }

    /** Fails at the first stage of the original that no kernel's result matches. */
    void assertAllFound() {
        for (Stage stage : stages) {
            assertTrue(stage.found, String.format(Locale.ROOT, "the network leaves the original's path at %s: the"
                    + " nearest result is off by"
                    + " %.2g of its standard deviation (or by its mean), limit %.0e", stage.module, stage.nearest,
                    ELEMENT));
        }
    }

    int size() {
        return stages.size();
    }

    @Override
    public void close() {
        Dispatcher.listen(null);
    }
}
