package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.ViewOp;
import dev.fathom.engine.reference.NdArray;
import dev.fathom.tests.conformance.Trial.Accuracy;
import dev.fathom.tests.conformance.Trial.Arg;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Runs a kernel on a trial and compares it with the operation's own specification. A kernel conforms if
 * <ol>
 * <li>its results are as near to the float64 specification as {@link Tolerance} says;
 * <li>it writes every element of its outputs, whatever was there before, and no byte around them;
 * <li>it changes no input, except those that the operation says it updates;
 * <li>it gives the same bits with 1, 2 and 3 threads, and twice in a row, wherever in memory its tensors start.
 * </ol>
 */
final class Conformance {
    /**
     * Runs of the same trial: threads, what the outputs hold before, and by how many elements the tensors are shifted.
     */
    private record Setting(WorkPool pool, int fill, int shift) {
    }

    private static final List<Setting> SETTINGS = settings();
    private static final GuardedMemory MEMORY = new GuardedMemory();

    private Conformance() {
    }

    private static List<Setting> settings() {
        WorkPool one = new WorkPool(1);
        WorkPool two = new WorkPool(2);
        WorkPool three = new WorkPool(3);
        return List.of(new Setting(one, 0, 0), new Setting(two, 0x41, 0), new Setting(three, 0x41, 1),
                new Setting(three, 0, 3));
    }

    /** Holds the cpu's kernel of the trial's operation to its specification. */
    static double check(Trial trial) {
        return check(trial, null);
    }

    /**
     * Holds a kernel to the specification of the trial's operation.
     *
     * @param kernel the kernel; null for the one of the cpu backend
     * @return the largest part of the allowed deviation that was used, 0 to 1
     */
    static double check(Trial trial, Kernel<Op> kernel) {
        List<TensorSpec> outputs = infer(trial);
        if (outputs == null) {
            return 0;
        }
        List<double[]> first = null;
        for (Setting setting : SETTINGS) {
            List<double[]> results = run(trial, kernel, outputs, setting);
            if (first == null) {
                first = results;
            } else {
                sameBits(trial, first, results, setting);
            }
        }
        return compare(trial, outputs, first);
    }

    /** The outputs' specs; null if the operation refuses empty inputs, which it may. */
    static List<TensorSpec> infer(Trial trial) {
        try {
            return trial.op().infer(trial.specs());
        } catch (FathomException refused) {
            if (trial.hasEmptyInput()) {
                return null;
            }
            throw new AssertionError("the row draws a trial that the operation refuses: " + refused.getMessage(),
                    refused);
        }
    }

    /** Runs the kernel once; returns its outputs, then the inputs that it updates. */
    private static List<double[]> run(Trial trial, Kernel<Op> kernel, List<TensorSpec> outputs, Setting setting) {
        WorkPool before = WorkPool.replaceShared(setting.pool());
        MEMORY.reset();
        try (MemoryScope scope = MemoryScope.open("conformance")) {
            List<Tensor> in = new ArrayList<>();
            for (Arg arg : trial.args()) {
                in.add(MEMORY.tensor("input " + in.size(), arg.spec(), setting.shift(), 0).copyFrom(arg.values()));
            }
            List<Tensor> out = new ArrayList<>();
            for (TensorSpec spec : outputs) {
                out.add(MEMORY.tensor("output " + out.size(), spec, setting.shift(), setting.fill()));
            }
            if (trial.op() instanceof ViewOp view) {
                return List.of(view.view(in.get(0)).toDoubles());
            }
            Kernel<Op> chosen = kernel != null ? kernel : Backends.of(Device.CPU).kernel(trial.op(), in);
            chosen.run(trial.op(), in, out);
            MEMORY.check();
            List<double[]> results = new ArrayList<>();
            out.forEach(t -> results.add(t.toDoubles()));
            for (int i = 0; i < in.size(); i++) {
                double[] now = in.get(i).toDoubles();
                if (mutates(trial.op(), i)) {
                    results.add(now);
                } else if (!Arrays.equals(now, trial.args().get(i).values())) {
                    throw new AssertionError("the kernel changed input " + i + ", which " + trial.op().name()
                            + " does not say it updates");
                }
            }
            return results;
        } finally {
            WorkPool.replaceShared(before);
        }
    }

    static boolean mutates(Op op, int input) {
        return Arrays.stream(op.mutates()).anyMatch(i -> i == input);
    }

    private static void sameBits(Trial trial, List<double[]> first, List<double[]> again, Setting setting) {
        for (int k = 0; k < first.size(); k++) {
            for (int i = 0; i < first.get(k).length; i++) {
                double a = first.get(k)[i];
                double b = again.get(k)[i];
                if (Double.doubleToRawLongBits(a) != Double.doubleToRawLongBits(b)) {
                    throw new AssertionError(trial.op().name() + ": result " + k + " element " + i + " is " + a
                            + " at first and " + b
                            + " with " + setting.pool().threads() + " threads, tensors shifted by " + setting.shift()
                            + ", outputs filled with 0x" + Integer.toHexString(setting.fill()) + " before");
                }
            }
        }
    }

    static double compare(Trial trial, List<TensorSpec> outputs, List<double[]> actual) {
        List<NdArray> inputs = trial.args().stream().map(Arg::array).toList();
        List<NdArray> exact = reference(trial.op(), outputs, inputs);
        double[] limits = trial.accuracy() == Accuracy.SUMS ? limits(trial, outputs, inputs, exact) : null;
        double worst = 0;
        List<DType> dtypes = new ArrayList<>(outputs.stream().map(TensorSpec::dtype).toList());
        for (int i : trial.op().mutates()) {
            dtypes.add(trial.args().get(i).spec().dtype());
        }
        for (int k = 0; k < exact.size(); k++) {
            String what = trial.op().name() + " result " + k;
            DType dtype = dtypes.get(k);
            double[] e = exact.get(k).data();
            double[] a = actual.get(k);
            switch (trial.accuracy()) {
                case EXACT -> Tolerance.checkExact(what, e, a, dtype);
                case ROUNDED -> worst = Math.max(worst, Tolerance.checkRounded(what, e, a, trial.terms(), dtype));
                case SUMS -> worst = Math.max(worst, Tolerance.check(what, e, a, limits[k], dtype));
            }
        }
        return worst;
    }

    private static double[] limits(Trial trial, List<TensorSpec> outputs, List<NdArray> inputs, List<NdArray> exact) {
        Random random = new Random(7);
        List<List<NdArray>> moved = new ArrayList<>();
        for (int attempt = Tolerance.tries(inputs); attempt > 0; attempt--) {
            moved.add(reference(trial.op(), outputs, trial.nudged(inputs, random, trial.innerUnit())));
        }
        double[] terms = new double[exact.size()];
        Arrays.fill(terms, trial.terms());
        return Tolerance.limits(exact, moved, terms, trial.innerUnit());
    }

    /** The specification's outputs, then the inputs that it updates. */
    static List<NdArray> reference(Op op, List<TensorSpec> outputs, List<NdArray> inputs) {
        List<NdArray> in = new ArrayList<>();
        inputs.forEach(a -> in.add(new NdArray(a.shape(), a.data().clone())));
        List<NdArray> out = new ArrayList<>();
        outputs.forEach(s -> out.add(NdArray.zeros(s.shape())));
        op.reference(in, out);
        for (int i : op.mutates()) {
            out.add(in.get(i));
        }
        return out;
    }
}
