package dev.fathom.tests.conformance;

import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.ViewOp;
import dev.fathom.tests.conformance.Trial.Arg;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs a GPU kernel on a trial and compares it with the operation's own specification. It conforms if
 * <ol>
 * <li>its results are as near to the float64 specification as {@link Tolerance} says, also where tensors start at
 * addresses that no vector access may use;
 * <li>it changes no input, except those that the operation says it updates;
 * <li>it gives the same bits twice in a row.
 * </ol>
 * On the emulated device an element that was not written, an access outside a tensor and a race between threads are
 * failures by themselves: the device reports them.
 */
final class DeviceConformance {
    /** By how many elements tensors are shifted: 0 keeps them aligned, 1 and 3 do not. */
    private static final int[] SHIFTS = {0, 0, 1, 3};

    private DeviceConformance() {
    }

    /**
     * Holds the device's kernel of the trial's operation to its specification.
     *
     * @return the largest part of the allowed deviation that was used, 0 to 1
     */
    static double check(Trial trial, Device device) {
        List<TensorSpec> outputs = Conformance.infer(trial);
        if (outputs == null) {
            return 0;
        }
        double worst = 0;
        List<double[]> before = null;
        for (int shift : SHIFTS) {
            List<double[]> results = run(trial, outputs, device, shift);
            if (shift == 0 && before != null) {
                sameBits(trial, before, results);
            }
            before = results;
            worst = Math.max(worst, Conformance.compare(trial, outputs, results));
        }
        return worst;
    }

    /** Runs the kernel once; returns its outputs, then the inputs that it updates. */
    private static List<double[]> run(Trial trial, List<TensorSpec> outputs, Device device, int shift) {
        try (MemoryScope scope = MemoryScope.open(trial.op().name())) {
            List<Tensor> in = new ArrayList<>();
            for (Arg arg : trial.args()) {
                in.add(shifted(arg.spec(), device, shift).copyFrom(arg.values()));
            }
            if (trial.op() instanceof ViewOp view) {
                return List.of(view.view(in.get(0)).toDoubles());
            }
            List<Tensor> out = outputs.stream().map(spec -> shifted(spec, device, shift)).toList();
            Backends.of(device).kernel(trial.op(), in).run(trial.op(), in, out);
            List<double[]> results = new ArrayList<>();
            out.forEach(t -> results.add(t.toDoubles()));
            for (int i = 0; i < in.size(); i++) {
                double[] now = in.get(i).toDoubles();
                if (Conformance.mutates(trial.op(), i)) {
                    results.add(now);
                } else if (!Arrays.equals(now, trial.args().get(i).values())) {
                    throw new AssertionError("the kernel changed input " + i + ", which " + trial.op().name()
                            + " does not say it updates");
                }
            }
            return results;
        }
    }

    private static Tensor shifted(TensorSpec spec, Device device, int shift) {
        if (shift == 0) {
            return Tensor.allocate(spec, device);
        }
        Shape whole = Shape.of(Math.toIntExact(spec.shape().numel() + shift));
        return Tensor.allocate(new TensorSpec(whole, spec.dtype()), device).view(shift, spec.shape());
    }

    private static void sameBits(Trial trial, List<double[]> first, List<double[]> again) {
        for (int k = 0; k < first.size(); k++) {
            for (int i = 0; i < first.get(k).length; i++) {
                if (Double.doubleToRawLongBits(first.get(k)[i]) != Double.doubleToRawLongBits(again.get(k)[i])) {
                    throw new AssertionError(trial.op().name() + ": result " + k + " element " + i + " is "
                            + first.get(k)[i] + " at first and " + again.get(k)[i] + " the second time");
                }
            }
        }
    }
}
