package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Device;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.nn.Parameter;
import dev.fathom.tests.golden.Closeness;
import dev.fathom.tests.golden.Golden;
import dev.fathom.training.optim.GradClip;
import dev.fathom.training.optim.LrSchedule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thirty training steps of the original trainer, repeated: learning rates, losses, gradient norms, the parameters on
 * the way, the prediction at the end.
 *
 * <p>The goldens hold, for every number, the largest deviation of twelve float32 runs of PyTorch from its float64 run
 * (eleven started from weights perturbed in their last bit): the envelope. This run may leave it by a factor, for it is
 * a thirteenth.
 */
class TrajectoryGoldenTest {
    private static final double FACTOR = 10;
    /** One rounding to float32 of a value near 1: envelopes of parameters that hardly move are smaller than that. */
    private static final double ROUNDING = 6e-8;
    private static final int STARTS = 12;
    /** By how much one gate moves the norm of all gradients, relative; nothing may move it in the first steps. */
    private static final double GATE = 1e-3;
    private static final int FIRST_STEPS = 8;

    /**
     * In thirty steps some input of a ReLU comes so near to 0 that the order of a sum decides its sign; from there on
     * two correct runs differ by a thousand roundings (in traj_cosine_clip: element 143267 of output_conv2.0 at step 8,
     * which PyTorch's and our float64 have just below 0, and about half of our float32 runs just above). The golden's
     * twelve runs need not have met the gate that ours meets, so ours too may start beside the given weights: one of
     * twelve starts must keep every limit to the end. A defect moves all of them.
     */
    @ParameterizedTest
    @ValueSource(strings = {"traj_cosine", "traj_cosine_clip", "traj_poly_official", "traj_poly_lowlr"})
    void onCpuToTheEnd(String name) {
        toTheEnd(name, Device.CPU, 0);
    }

    /** The GPU's kernels, run by the emulated device; a start takes it half a minute, so it begins with one that stays. */
    @Test
    void onTheEmulatedGpuToTheEnd() {
        toTheEnd("traj_cosine", Device.emulated(0), 2);
    }

    /** @param first which start to try first; any that stays on the path will do */
    private static void toTheEnd(String name, Device device, int first) {
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < STARTS; i++) {
            int nudge = (first + i) % STARTS;
            try {
                new Run(name, device, nudge).steps(30);
                return;
            } catch (AssertionError e) {
                failures.add("start " + nudge + ": " + e.getMessage());
            }
        }
        fail("no start stays on the original's path:\n" + String.join("\n", failures));
    }

    /** At this rate the tiny network is at the edge of collapse and chaotic: only the first steps can be compared. */
    @Test
    void hotOnCpu() {
        new Run("traj_cosine_hot", Device.CPU, 0).steps(8);
    }

    /** In float64 the first steps must agree with the float64 run to its last stored digits. */
    @Test
    void onReference() {
        new Run("traj_cosine_clip", Device.REFERENCE, 0).steps(4);
    }

    private static final class Run {
        private final Trajectory trajectory;
        private final Golden folder;
        private final JsonNode json;
        private final Device device;
        private final int nudge;
        private final LrSchedule schedule;

        Run(String name, Device device, int nudge) {
            this.trajectory = new Trajectory(name);
            this.folder = trajectory.folder();
            this.json = trajectory.json();
            this.device = device;
            this.nudge = nudge;
            this.schedule = trajectory.schedule();
        }

        void steps(int count) {
            boolean exact = device.equals(Device.REFERENCE);
            try (MemoryScope scope = MemoryScope.open("trajectory")) {
                GradClip clip = json.has("clip") ? new GradClip(json.get("clip").asDouble()) : null;
                TinyTraining training = new TinyTraining(TinyCase.config(json.get("model")), device, clip, nudge);
                List<TinyTraining.Batch> batches = trajectory.batches();
                for (int t = 0; t < count; t++) {
                    double lr = json.get("lr").asDouble() * schedule.factor(t);
                    rates(t, lr);
                    TinyTraining.Step step = training.step(batches.get(t % batches.size()), lr);
                    double norm = json.get("grad_norm64").get(t).asDouble();
                    Summary.near(json.get("loss64").get(t).asDouble(), step.loss(), exact ? 1e-11
                            : json.get("tol_loss").get(t).asDouble(),
                            "loss of step " + t);
                    Summary.near(norm, step.norm(), exact ? 1e-9 * norm
                            : FACTOR * json.get("grad_norm_envelope").get(t).asDouble() + (t < FIRST_STEPS ? 1e-6
                            : GATE) * norm, "gradient norm of step " + t);
                    if (json.get("snapshots").has(Integer.toString(t + 1))) {
                        snapshot(json.get("snapshots").get(Integer.toString(t + 1)), training, "after " + (t + 1) + ""
                                + " steps: ");
                    }
                }
                if (count == json.get("steps").asInt()) {
                    prediction(training.predict(batches.getFirst()));
                }
            }
        }

        private void rates(int t, double lr) {
            assertEquals(json.get("lr_used").get(t).get(0).asDouble(), lr, 1e-12 * lr, "encoder's rate at step " + t);
            assertEquals(json.get("lr_used").get(t).get(1).asDouble(), 10 * lr, 1e-11 * lr, "decoder's rate at step "
                    + t);
        }

        /** Each parameter's norm, sum and first elements. */
        private void snapshot(JsonNode expected, TinyTraining training, String when) {
            assertEquals(expected.size(), training.model().parameters().all().size());
            for (JsonNode e : expected) {
                Parameter p = training.model().parameters().get(e.get("name").asText());
                double[] v = widen(p.toState().toFloats());
                boolean exact = device.equals(Device.REFERENCE);
                double element = (exact ? 0 : FACTOR * e.get("envelope_max_abs").asDouble()) + ROUNDING * max(v);
                double l2 = (exact ? 0 : FACTOR * e.get("envelope_l2_of_diff").asDouble())
                        + ROUNDING * e.get("l2").asDouble();
                for (int i = 0; i < e.get("first").size(); i++) {
                    Summary.near(e.get("first").get(i).asDouble(), v[i], element, when + p.name() + ", element " + i);
                }
                // The gradient of k's bias is exactly 0; what comes of its rounding noise under Adam is different in
                // every run.
                if (!p.name().endsWith("attn.qkv.bias")) {
                    double sum = 0;
                    double squares = 0;
                    for (double d : v) {
                        sum += d;
                        squares += d * d;
                    }
                    Summary.near(e.get("l2").asDouble(), Math.sqrt(squares), l2, when + p.name() + ", norm");
                    Summary.near(e.get("sum").asDouble(), sum, l2 * Math.sqrt(v.length), when + p.name() + ", sum");
                }
            }
        }

        private void prediction(double[] actual) {
            JsonNode f = json.get("final_pred");
            double limit = FACTOR * f.get("envelope_max_abs").asDouble();
            Closeness.assertWithin(folder.npy(f.get("file").asText()).doubles(), actual, limit, limit, "prediction"
                    + " after the last step");
            assertTrue(limit < 0.1, "the limit itself is of no use");
        }

        private static double[] widen(float[] v) {
            double[] out = new double[v.length];
            for (int i = 0; i < v.length; i++) {
                out[i] = v[i];
            }
            return out;
        }

        private static double max(double[] v) {
            double m = 0;
            for (double d : v) {
                m = Math.max(m, Math.abs(d));
            }
            return m;
        }
    }
}
