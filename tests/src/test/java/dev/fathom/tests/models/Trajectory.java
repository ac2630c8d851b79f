package dev.fathom.tests.models;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import dev.fathom.training.optim.LrSchedule;
import java.util.ArrayList;
import java.util.List;

/**
 * One training run of {@code golden/d_train}, with its batches rebuilt.
 *
 * @param folder where its arrays are
 * @param json its {@code case.json}
 */
record Trajectory(Golden folder, JsonNode json) {
    Trajectory(String name) {
        this(new Golden("d_train/" + name), new Golden("d_train/" + name).json());
    }

    LrSchedule schedule() {
        int total = json.get("steps").asInt();
        return json.get("schedule").asText().equals("cosine")
                ? new LrSchedule.CosineWarmup(json.get("warmup").asInt(), total) : new LrSchedule.OfficialPoly(total);
    }

    /** The original's losses in float64. */
    double[] losses64() {
        double[] losses = new double[json.get("loss64").size()];
        for (int t = 0; t < losses.length; t++) {
            losses[t] = json.get("loss64").get(t).asDouble();
        }
        return losses;
    }

    /** The losses of the first steps. */
    double[] losses(Device device, Precision precision, int steps) {
        try (MemoryScope scope = MemoryScope.open("trajectory")) {
            TinyTraining training = new TinyTraining(TinyCase.config(json.get("model")), device, null, 0,
                    precision);
            List<TinyTraining.Batch> batches = batches();
            double[] losses = new double[steps];
            for (int t = 0; t < steps; t++) {
                losses[t] = training.step(batches.get(t % batches.size()),
                        json.get("lr").asDouble() * schedule().factor(t)).loss();
            }
            return losses;
        }
    }

    /** Step t uses batch t modulo their number. */
    List<TinyTraining.Batch> batches() {
        int n = json.get("batch").asInt();
        int h = json.get("image_hw").get(0).asInt();
        int w = json.get("image_hw").get(1).asInt();
        List<TinyTraining.Batch> batches = new ArrayList<>();
        for (int b = 0; b < json.get("n_batches").asInt(); b++) {
            String key = "da2b/" + json.get("case").asText() + "/s" + json.get("seed").asInt() + "/batch" + b + "/";
            float[] x = TinyCase.channelsLast(Formula.floats(key + "x", n * 3 * h * w, 2, 0), n, 3, h, w);
            float[] coarse = Formula.floats(key + "target", n * (h / 14) * (w / 14), 5.5, 5.5);
            float[] target = new float[n * h * w];
            for (int i = 0; i < target.length; i++) {
                int row = i / w % h / 14;
                target[i] = coarse[(i / (w * h) * (h / 14) + row) * (w / 14) + i % w / 14];
            }
            batches.add(new TinyTraining.Batch(x, target, TinyCase.inRange(Formula.mask(key + "valid", n * h * w,
                    0.9), target), n, h, w));
        }
        return batches;
    }
}
