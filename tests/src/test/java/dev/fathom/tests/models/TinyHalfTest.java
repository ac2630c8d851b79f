package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.dispatch.Dispatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole tiny networks in mixed precision: predictions, taps, loss and the gradients of every parameter against the
 * original's float64.
 *
 * <p>The limit is measured, not chosen: the same network in float32, with every tensor that mixed precision stores in
 * 16 bits moved by a whole unit of that format, up or down at random. Rounding moves a value by at most that and on
 * average (rms) by 1/sqrt(3) of it, so a mixed run that only rounds stays near 0.6 of this noise, wherever the network
 * amplifies it. A rounding too many, a sum kept in 16 bits or a dtype in the wrong place does not.
 */
class TinyHalfTest {
    /** What mixed precision leaves in float32: the residual stream, the position embedding, depths, losses. */
    private static final Set<String> WIDE = Set.of("linear_residual", "token_embedding", "resize_bicubic", "affine",
            "silog_loss", "silog_loss_backward", "reshape", "narrow");
    private static final int RUNS = 2;
    private static final int TRAINING_RUNS = 4;
    /** Share of all parameters that may lie behind a gate that rounding has moved, and by how much of their size. */
    private static final double BEHIND_GATES = 0.03;
    private static final double GATE = 0.5;

    /** Runs with every 16-bit tensor of mixed precision, its weights' casts included, moved by one unit. */
    static <T> T noisy(double unit, long seed, Supplier<T> work) {
        long[] state = {seed};
        Dispatcher.listen((op, in, out, nanos) -> {
            if (!WIDE.contains(op.name())) {
                out.stream().filter(t -> t.dtype() == DType.F32).forEach(t -> move(t, unit, state));
            }
        });
        try {
            return work.get();
        } finally {
            Dispatcher.listen(null);
        }
    }

    /** Signs from a linear congruential generator (Knuth's MMIX), whose top bit is random enough and quick. */
    private static void move(Tensor t, double unit, long[] state) {
        float up = (float) (1 + unit);
        float down = (float) (1 - unit);
        float[] v = t.toFloats();
        long s = state[0];
        for (int i = 0; i < v.length; i++) {
            s = s * 6364136223846793005L + 1442695040888963407L;
            v[i] *= s < 0 ? up : down;
        }
        state[0] = s;
        t.copyFrom(v);
    }

    static double unit(Precision precision) {
        return precision == Precision.FP16 ? 0x1p-11 : 0x1p-8;
    }

    private static double rms(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum() / values.length);
    }

    private static double distance(double[] a, double[] b) {
        double[] difference = a.clone();
        Arrays.setAll(difference, i -> difference[i] - b[i]);
        return rms(difference);
    }

    @ParameterizedTest
    @CsvSource({"tiny_metric_56x70, FP16", "tiny_metric_56x70, BF16", "tiny_relative_56x70, FP16",
        "tiny_swiglu_relative, BF16", "tiny_bn_cls_train, FP16", "tiny_bn_cls_train, BF16"})
    void onlyRounds(String name, Precision precision) {
        TinyCase golden = TinyCase.read(name);
        TinyRun half = TinyRun.of(golden, Device.CPU, precision, precision == Precision.FP16 ? 65536 : 1);
        TinyRun exact = TinyRun.of(golden, Device.CPU);
        List<TinyRun> noise = new ArrayList<>();
        for (int run = 0; run < RUNS; run++) {
            noise.add(noisy(unit(precision), run, () -> TinyRun.of(golden, Device.CPU)));
        }
        for (JsonNode o : golden.json().get("outputs")) {
            String what = o.get("name").asText();
            double[] expected = golden.folder().npy(o.get("file").asText()).doubles();
            double[] actual = half.results().get(what);
            if (what.equals("loss")) {
                // A mean over all pixels: what is left of the noise is less than one rounding.
                assertEquals(expected[0], actual[0], unit(precision) * expected[0], what);
            } else {
                double limit = noise.stream().mapToDouble(n -> distance(n.results().get(what), expected)).max()
                        .orElseThrow();
                within(1, limit, distance(actual, expected), what);
            }
        }
        gradients(half.gradients(), exact.gradients(), noise.stream().map(TinyRun::gradients).toList());
    }

    /**
     * Single parameters scatter, so to each one's own noise the typical relative noise of all is added, and both are
     * doubled. Where an input of a ReLU lies near 0, rounding may open or close the gate; what the few parameters
     * behind it then see is the gradient of another function. A few may be further off, though none by its own size.
     */
    private static void gradients(Map<String, double[]> half, Map<String, double[]> exact,
            List<Map<String, double[]>> noise) {
        assertEquals(exact.keySet(), half.keySet());
        double typical = exact.entrySet().stream().mapToDouble(e -> noise(e.getKey(), e.getValue(), noise)
                / rms(e.getValue())).sorted().skip(exact.size() / 2).findFirst().orElseThrow();
        List<String> off = new ArrayList<>();
        exact.forEach((name, e) -> {
            double limit = 2 * (noise(name, e, noise) + typical * rms(e));
            double distance = distance(half.get(name), e);
            if (distance > limit) {
                off.add(String.format(Locale.ROOT, "gradient of %s is %.3g (rms) from float32's, limit %.3g", name,
                        distance, limit));
                within(1, limit + GATE * rms(e), distance, "gradient of " + name);
            }
        });
        assertTrue(off.size() <= BEHIND_GATES * exact.size(), () -> String.join("\n", off));
    }

    private static double noise(String name, double[] exact, List<Map<String, double[]>> noise) {
        return noise.stream().mapToDouble(n -> distance(n.get(name), exact)).max().orElseThrow();
    }

    private static void within(double factor, double limit, double actual, String what) {
        assertTrue(actual <= factor * limit, () -> String.format(Locale.ROOT,
                "%s is %.3g (rms) from the original's, but rounding alone would move it by less than %.3g", what,
                actual, factor * limit));
    }

    /** PyTorch's own autocast in bfloat16 on this network: cosine 0.9986 over all gradients, 0.9956 at worst. */
    @Test
    void bfloat16GradientsAreAsGoodAsPyTorchs() {
        TinyCase golden = TinyCase.read("tiny_metric_56x70");
        Map<String, double[]> half = TinyRun.of(golden, Device.CPU, Precision.BF16, 1).gradients();
        double dot = 0;
        double squares = 0;
        double halfSquares = 0;
        double worst = 1;
        for (Map.Entry<String, double[]> e : TinyRun.of(golden, Device.CPU).gradients().entrySet()) {
            double[] g = e.getValue();
            double[] h = half.get(e.getKey());
            double d = 0;
            for (int i = 0; i < g.length; i++) {
                d += g[i] * h[i];
            }
            double g2 = g.length * rms(g) * rms(g);
            double h2 = h.length * rms(h) * rms(h);
            if (!e.getKey().equals("__x__")) {
                dot += d;
                squares += g2;
                halfSquares += h2;
                worst = Math.min(worst, d / Math.sqrt(g2 * h2));
            }
        }
        double cosine = dot / Math.sqrt(squares * halfSquares);
        assertTrue(cosine > 0.998 && worst > 0.994, cosine + " over all, " + worst + " at worst");
    }

    /** The original's trajectory, with the scaler in float16: losses stay where rounding alone puts them. */
    @ParameterizedTest
    @CsvSource({"FP16, 30", "BF16, 8"})
    void trainingStaysOnTheOriginalsPath(Precision precision, int steps) {
        staysOnTheOriginalsPath(Device.CPU, precision, steps);
    }

    /** The same with the GPU's kernels, tensor cores included, run by the emulated device. */
    @Test
    void trainingOnTheEmulatedGpuStaysOnTheOriginalsPath() {
        staysOnTheOriginalsPath(Device.emulated(0), Precision.FP16, 30);
    }

    private static void staysOnTheOriginalsPath(Device device, Precision precision, int steps) {
        Trajectory trajectory = new Trajectory("traj_cosine");
        double[] half = trajectory.losses(device, precision, steps);
        List<double[]> noisy = new ArrayList<>();
        for (int run = 1; run <= TRAINING_RUNS; run++) {
            noisy.add(noisy(unit(precision), run, () -> trajectory.losses(Device.CPU, Precision.FP32, steps)));
        }
        double[] expected = trajectory.losses64();
        double limit = 0;
        for (int t = 0; t < steps; t++) {
            int step = t;
            // A few runs are a few samples; what they have reached so far, doubled, is the scale of all of them.
            double reached = noisy.stream().mapToDouble(n -> Math.abs(n[step] - expected[step])).max().orElseThrow();
            limit = Math.max(limit, 2 * reached + unit(precision) * expected[t]);
            assertEquals(expected[t], half[t], limit, "loss of step " + t);
        }
    }
}
