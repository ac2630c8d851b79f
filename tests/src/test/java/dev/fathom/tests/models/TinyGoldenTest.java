package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Device;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.tests.golden.Closeness;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ten whole tiny networks against the original PyTorch code: prediction, four taps, loss, and the gradients of the
 * picture and of every parameter.
 *
 * <p>The reference device computes in float64 and must hit the stored values to their rounding to float32; the cpu and
 * the GPU's kernels must stay within the golden's limits, ten times (largest) and six times (rms) PyTorch's own float32 error.
 */
class TinyGoldenTest {
    static List<String> names() {
        return TinyCase.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void parametersHaveTheOriginalNamesAndShapesInTheOriginalOrder(String name) {
        TinyCase golden = TinyCase.read(name);
        List<String> expected = new ArrayList<>();
        golden.json().get("params").forEach(p -> expected.add(p.get("name").asText() + TinyCase.ints(p.get("shape"))));
        List<String> actual = new DepthAnythingV2(golden.config(), golden.head()).parameters().all().stream()
                .map(Object::toString).toList();
        assertEquals(String.join("\n", expected), String.join("\n", actual));
    }

    @ParameterizedTest
    @MethodSource("names")
    void onReference(String name) {
        TinyCase golden = TinyCase.read(name);
        compare(golden, TinyRun.of(golden, Device.REFERENCE), new Specification());
    }

    @ParameterizedTest
    @MethodSource("names")
    void onCpu(String name) {
        TinyCase golden = TinyCase.read(name);
        compare(golden, TinyRun.of(golden, Device.CPU), new WithinLimits());
    }

    /** The GPU's kernels, run by the emulated device: the same limits. */
    @ParameterizedTest
    @MethodSource("names")
    void onTheEmulatedGpu(String name) {
        TinyCase golden = TinyCase.read(name);
        compare(golden, TinyRun.of(golden, Device.emulated(0)), new WithinLimits());
    }

    private static void compare(TinyCase golden, TinyRun run, Judge judge) {
        JsonNode json = golden.json();
        for (JsonNode o : json.get("outputs")) {
            String what = o.get("name").asText();
            judge.full(golden.folder().npy(o.get("file").asText()).doubles(), run.results().get(what), o, what);
        }
        for (JsonNode g : json.get("grads")) {
            String what = g.get("name").asText();
            double[] actual = run.gradients().get(what);
            assertTrue(actual != null, "no gradient reached " + what);
            if (g.get("file").isNull()) {
                judge.summary(g, actual, "gradient of " + what);
            } else {
                judge.full(golden.folder().npy(g.get("file").asText()).doubles(), actual, g, "gradient of " + what);
            }
        }
        assertEquals(json.get("grads").size(), run.gradients().size(), "number of gradients");
        assertEquals(new TreeSet<>(TinyCase.strings(json.get("no_grad_params"))), run.withoutGradient(), "parameters"
                + " without a gradient");
        for (JsonNode b : json.get("buffers_after")) {
            double[] expected = numbers(b.get("values"));
            judge.full(expected, run.buffers().get(b.get("name").asText()), b, b.get("name").asText() + " after the"
                    + " step");
        }
    }

    private static double[] numbers(JsonNode array) {
        double[] out = new double[array.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = array.get(i).asDouble();
        }
        return out;
    }

    /** How near is near enough. {@code limits} holds {@code tol_abs} and {@code tol_rms}. */
    private interface Judge {
        void full(double[] expected, double[] actual, JsonNode limits, String what);

        /** Against a {@code summary}: mean, deviation, extremes and some elements. */
        void summary(JsonNode gradient, double[] actual, String what);
    }

    /** float32 against the golden's own limits. */
    private static final class WithinLimits implements Judge {
        @Override
        public void full(double[] expected, double[] actual, JsonNode limits, String what) {
            Closeness.assertWithin(expected, actual, limits.get("tol_abs").asDouble(), limits.get("tol_rms").asDouble(),
                    what);
        }

        @Override
        public void summary(JsonNode gradient, double[] actual, String what) {
            Summary.assertClose(gradient.get("summary"), actual, gradient.get("tol_abs").asDouble(),
                    gradient.get("tol_rms").asDouble(),
                    what);
        }
    }

    /**
     * float64 against values that were rounded once to float32. Gradients pass through a state dict, which rounds them
     * too, so two neighbouring floats count as equal. Where batch norm follows, a bias has a gradient of exactly 0, and
     * what either side holds is the noise of cancelled sums: that is what {@code NOISE} is for (other gradients'
     * largest elements are around 1e-3).
     */
    private static final class Specification implements Judge {
        private static final double NOISE = 1e-15;

        @Override
        public void full(double[] expected, double[] actual, JsonNode limits, String what) {
            assertEquals(expected.length, actual.length, what + ": number of elements");
            double largest = 0;
            for (double e : expected) {
                largest = Math.max(largest, Math.abs(e));
            }
            for (int i = 0; i < expected.length; i++) {
                double limit = 1.0000001 * Math.ulp((float) expected[i]) + 1e-10 * largest + NOISE;
                double d = Math.abs(expected[i] - actual[i]);
                assertTrue(d <= limit, what + " in float64: element " + i + " is " + actual[i] + ", expected "
                        + expected[i]
                        + ", limit " + limit);
            }
        }

        @Override
        public void summary(JsonNode gradient, double[] actual, String what) {
            double ulp = Math.ulp((float) gradient.get("summary").get("l2").asDouble());
            Summary.assertClose(gradient.get("summary"), actual, ulp, ulp, what + " in float64");
        }
    }
}
