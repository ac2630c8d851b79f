package dev.fathom.tests.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.tests.golden.Recipe.Desk;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs a golden case through a recipe: forward and backward, once in float32 on the cpu and once in float64 on the
 * reference device.
 *
 * <p>float32 is held to the case's own limits (ten times PyTorch's own float32 error). float64 is held to the rounding
 * of the stored value: the specification must be the original's function, not nearly so.
 */
final class GoldenRunner {
    private final GoldenCase golden;
    private final Recipe recipe;
    private final Device device;
    private final DType dtype;

    private GoldenRunner(GoldenCase golden, Recipe recipe, Device device, DType dtype) {
        this.golden = golden;
        this.recipe = recipe;
        this.device = device;
        this.dtype = dtype;
    }

    static void runOnCpu(GoldenCase golden, Recipe recipe) {
        new GoldenRunner(golden, recipe, Device.CPU, DType.F32).run();
    }

    static void runOnReference(GoldenCase golden, Recipe recipe) {
        new GoldenRunner(golden, recipe, Device.REFERENCE, DType.F64).run();
    }

    private void run() {
        Map<String, double[]> gradients = new HashMap<>();
        boolean compared = false;
        // One pass for each result that a gradient was fed into: backward frees what it used, and the case adds the
        // gradients up.
        for (GoldenCase.Output source : golden.outputs()) {
            if (source.upstream() == null) {
                continue;
            }
            try (MemoryScope scope = MemoryScope.open(golden.name())) {
                Map<String, Tensor> inputs = inputs();
                Desk desk = new Desk(golden, inputs);
                recipe.forward().run(desk);
                if (!compared) {
                    compareResults(desk.results());
                    compared = true;
                }
                // Statistics that a module keeps (running_mean_after) depend on the inputs, but no gradient flows back
                // from them.
                if (desk.results().get(source.name()).requiresGrad()) {
                    addGradients(source, desk, inputs, gradients);
                }
            }
        }
        assertTrue(compared, golden.name() + " has no result that a gradient was fed into");
        for (GoldenCase.Output output : golden.outputs()) {
            if (output.name().startsWith("grad_")) {
                double[] gradient = gradients.remove(output.name().substring(5));
                assertNotNull(gradient, output.name() + ": no gradient reached this input");
                compare(output, gradient);
            }
        }
        // A parameter that the original never used has no gradient there, and must have none here.
        assertEquals(Set.of(), gradients.keySet(), "inputs with a gradient that the original does not have");
    }

    private Map<String, Tensor> inputs() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (GoldenCase.Input input : golden.inputs()) {
            Layout layout = recipe.layout(input.name(), input.shape().length);
            Tensor t = tensor(layout.toOurs(input.values(), input.shape()), layout.shapeToOurs(input.shape()),
                    input.mask() ? DType.BOOL : dtype);
            tensors.put(input.name(), input.grad() ? t.asParameter() : t);
        }
        return tensors;
    }

    private Tensor tensor(double[] values, int[] shape, DType as) {
        return Tensor.allocate(new TensorSpec(Shape.of(shape), as), device).copyFrom(values);
    }

    private void compareResults(Map<String, Tensor> results) {
        for (GoldenCase.Output output : golden.outputs()) {
            if (output.name().startsWith("grad_")) {
                continue;
            }
            Tensor result = results.get(output.name());
            assertNotNull(result, "the recipe of " + golden.name() + " puts no result " + output.name());
            Layout layout = recipe.layout(output.name(), output.shape().length);
            assertArrayEquals(layout.shapeToOurs(output.shape()), result.shape().toArray(), output.name() + ": shape");
            compare(output, layout.toTorch(result.toDoubles(), output.shape()));
        }
    }

    private void addGradients(GoldenCase.Output source, Desk desk, Map<String, Tensor> inputs,
            Map<String, double[]> sums) {
        Layout layout = recipe.layout(source.name(), source.shape().length);
        Tensor cotangent = tensor(layout.toOurs(source.upstream(), source.shape()),
                layout.shapeToOurs(source.shape()), dtype);
        List<Tensor> leaves = new ArrayList<>();
        inputs.values().stream().filter(Tensor::requiresGrad).forEach(leaves::add);
        Gradients gradients = Backward.of(desk.results().get(source.name()), cotangent, leaves);
        for (GoldenCase.Input input : golden.inputs()) {
            Tensor gradient = gradients.of(inputs.get(input.name()));
            if (gradient != null) {
                double[] g = recipe.layout(input.name(), input.shape().length)
                        .toTorch(gradient.toDoubles(), input.shape());
                sums.merge(input.name(), g, GoldenRunner::add);
            }
        }
    }

    private static double[] add(double[] a, double[] b) {
        double[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }

    private void compare(GoldenCase.Output output, double[] actual) {
        String what = golden.name() + "." + output.name() + " on " + device;
        if (device.equals(Device.REFERENCE)) {
            Closeness.assertRoundsTo(output.expected(), actual, what);
        } else {
            Closeness.assertWithin(output.expected(), actual, output.tolAbs(), output.tolRms(), what);
        }
    }
}
