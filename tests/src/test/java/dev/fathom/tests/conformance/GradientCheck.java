package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.reference.NdArray;
import dev.fathom.tests.conformance.Trial.Arg;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Two proofs of a gradient.
 *
 * <p><b>The formula</b> ({@link #againstDifferences}): on the reference device in float64, take L(x) = &lt;g, f(x)&gt;
 * with a random cotangent g, and a random direction v in the space of all inputs. The gradient says that L changes
 * along v at the rate &lt;grad L, v&gt;; the fourth-order central difference (8 (L(x + hv) - L(x - hv)) - (L(x + 2hv) -
 * L(x - 2hv))) / 12h says so too, with an error of h^4. The two must agree within 1e-7 of the typical size of such an
 * inner product, sqrt(sum (grad_i v_i)^2). A random cotangent matters: with all ones, a softmax has gradient zero and
 * any mistake goes unseen.
 *
 * <p><b>The kernels</b> ({@link #againstReference}): the same cotangent through the cpu's backward pass and the
 * reference device's; they must agree as {@link Tolerance} says.
 */
final class GradientCheck {
    private static final double STEP = 5e-5;
    private static final double RELATIVE = 1e-7;
    /** Part of sum |g y| that float64 may lose in the four evaluations: 16 u of float64 over the step. */
    private static final double NOISE = 16 * 0x1p-53 / STEP;

    private GradientCheck() {
    }

    /** Whether gradients flow to input {@code i}. */
    private static boolean flows(Trial trial, int i) {
        return trial.args().get(i).spec().dtype().isFloat() && trial.op().differentiability().flowsTo(i);
    }

    private static List<TensorSpec> infer(Trial trial) {
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

    private static NdArray uniform(NdArray like, Random random) {
        double[] values = new double[like.data().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        return new NdArray(like.shape(), values);
    }

    /** A random gradient, as the output's dtype holds it, for each output that carries one; zeros for the others. */
    private static List<NdArray> cotangents(Trial trial, List<TensorSpec> outputs, Random random) {
        List<NdArray> g = new ArrayList<>();
        for (TensorSpec spec : outputs) {
            NdArray zeros = NdArray.zeros(spec.shape());
            NdArray drawn = trial.carriesGradient(g.size()) && spec.dtype().isFloat() ? uniform(zeros, random) : zeros;
            for (int i = 0; i < drawn.data().length; i++) {
                drawn.data()[i] = Tolerance.round(drawn.data()[i], spec.dtype());
            }
            g.add(drawn);
        }
        return g;
    }

    /**
     * Holds the operation's gradient to central differences of its specification. Returns the used part of the
     * allowance.
     */
    static double againstDifferences(Trial trial) {
        List<TensorSpec> outputs = infer(trial);
        if (outputs == null || trial.reasonAgainstFiniteDifferences() != null) {
            return 0;
        }
        Random random = new Random(11);
        List<NdArray> x = trial.args().stream().map(Arg::array).toList();
        List<NdArray> y = Conformance.reference(trial.op(), outputs, x);
        List<NdArray> g = cotangents(trial, outputs, random);
        List<NdArray> v = x.stream().map(a -> uniform(a, random)).toList();
        List<NdArray> gradients = gradients(trial, Device.REFERENCE, DType.F64, x, g, -1);
        double analytic = 0;
        double typical = 0;
        for (int i = 0; i < x.size(); i++) {
            if (flows(trial, i)) {
                for (int e = 0; e < v.get(i).data().length; e++) {
                    double term = gradients.get(i).data()[e] * v.get(i).data()[e];
                    analytic += term;
                    typical += term * term;
                }
            }
        }
        double numeric = difference(trial, outputs, x, v, g, STEP);
        double allowed = RELATIVE * Math.sqrt(typical) + NOISE * size(y, g);
        double off = Math.abs(analytic - numeric);
        if (off > allowed) {
            // Where the function bends within a step (a norm over two nearly equal values), half the step shows how
            // unsure the quotient is.
            allowed += 2 * Math.abs(numeric - difference(trial, outputs, x, v, g, STEP / 2));
        }
        if (!(off <= allowed)) {
            throw new AssertionError(String.format(Locale.ROOT,
                    "%s: the gradient says %.12g along a random direction, central differences "
                    + "of the specification say %.12g (off by %.3g, allowed %.3g)", trial.op().name(), analytic,
                    numeric, off, allowed));
        }
        return allowed == 0 ? 0 : off / allowed;
    }

    /** The rate at which L changes along v, with an error of h^4. */
    private static double difference(Trial trial, List<TensorSpec> outputs, List<NdArray> x, List<NdArray> v,
            List<NdArray> g, double h) {
        double near = along(trial, outputs, x, v, g, h) - along(trial, outputs, x, v, g, -h);
        double far = along(trial, outputs, x, v, g, 2 * h) - along(trial, outputs, x, v, g, -2 * h);
        return (8 * near - far) / (12 * h);
    }

    /** L at x + hv. */
    private static double along(Trial trial, List<TensorSpec> outputs, List<NdArray> x, List<NdArray> v,
            List<NdArray> g, double h) {
        List<NdArray> moved = new ArrayList<>();
        for (int i = 0; i < x.size(); i++) {
            double[] values = x.get(i).data().clone();
            if (flows(trial, i)) {
                for (int e = 0; e < values.length; e++) {
                    values[e] += h * v.get(i).data()[e];
                }
            }
            moved.add(new NdArray(x.get(i).shape(), values));
        }
        List<NdArray> y = Conformance.reference(trial.op(), outputs, moved);
        double sum = 0;
        for (int k = 0; k < g.size(); k++) {
            for (int e = 0; e < y.get(k).data().length; e++) {
                sum += y.get(k).data()[e] * g.get(k).data()[e];
            }
        }
        return sum;
    }

    private static double size(List<NdArray> y, List<NdArray> g) {
        double sum = 0;
        for (int k = 0; k < g.size(); k++) {
            for (int e = 0; e < y.get(k).data().length; e++) {
                sum += Math.abs(y.get(k).data()[e] * g.get(k).data()[e]);
            }
        }
        return sum;
    }

    /** Holds the cpu's gradients to the reference device's. Returns the used part of the allowance. */
    static double againstReference(Trial trial) {
        return againstReference(trial, trial);
    }

    /** The same, with the specification's side played by another operation: how a broken twin is caught. */
    static double againstReference(Trial trial, Trial specification) {
        List<TensorSpec> outputs = infer(trial);
        if (outputs == null) {
            return 0;
        }
        Random random = new Random(13);
        List<NdArray> x = trial.args().stream().map(Arg::array).toList();
        List<NdArray> g = cotangents(trial, outputs, random);
        List<NdArray> actual = gradients(trial, Device.CPU, DType.F32, x, g, -1);
        onlyWhatIsNeeded(trial, x, g, actual, random);
        List<NdArray> exact = gradients(specification, Device.REFERENCE, DType.F64, x, g, -1);
        List<List<NdArray>> moved = new ArrayList<>();
        double unit = trial.storedUnit();
        Dispatcher.listen((op, in, out, nanos) -> out.forEach(t -> t.copyFrom(Tolerance.nudge(t.toDoubles(), random,
                unit))));
        try {
            for (int attempt = Tolerance.tries(x); attempt > 0; attempt--) {
                moved.add(gradients(specification, Device.REFERENCE, DType.F64, trial.nudged(x, random, unit),
                        g.stream().map(a -> new NdArray(a.shape(), Tolerance.nudge(a.data(), random, unit))).toList(),
                        -1));
            }
        } finally {
            Dispatcher.listen(null);
        }
        double outputElements = outputs.stream().mapToDouble(s -> s.shape().numel()).sum();
        double[] terms = new double[x.size()];
        for (int i = 0; i < terms.length; i++) {
            terms[i] = trial.terms() * Math.max(1, outputElements / Math.max(1, x.get(i).data().length));
        }
        double[] limits = Tolerance.limits(exact, moved, terms, unit);
        double worst = 0;
        for (int i = 0; i < exact.size(); i++) {
            String what = trial.op().name() + " gradient of input " + i;
            worst = Math.max(worst, Tolerance.check(what, exact.get(i).data(), actual.get(i).data(), limits[i],
                    trial.args().get(i).spec().dtype()));
        }
        return worst;
    }

    /** One input's gradient alone must have the bits that it has among all of them. */
    private static void onlyWhatIsNeeded(Trial trial, List<NdArray> x, List<NdArray> g, List<NdArray> all,
            Random random) {
        int input = random.nextInt(x.size());
        if (flows(trial, input)) {
            double[] alone = gradients(trial, Device.CPU, DType.F32, x, g, input).get(input).data();
            if (!Arrays.equals(alone, all.get(input).data())) {
                throw new AssertionError(trial.op().name() + ": the gradient of input " + input
                        + " has other bits when only it is asked for");
            }
        }
    }

    /**
     * Gradients of all inputs by L = sum of &lt;g_k, y_k&gt;; empty arrays where none flows.
     *
     * @param only the only input to ask for, or -1 for all
     */
    static List<NdArray> gradients(Trial trial, Device device, DType dtype, List<NdArray> x, List<NdArray> g,
            int only) {
        List<NdArray> sums = new ArrayList<>();
        for (int i = 0; i < x.size(); i++) {
            sums.add(new NdArray(x.get(i).shape(), new double[flows(trial, i) ? x.get(i).data().length : 0]));
        }
        // Backward frees what a step saved, so an operation with several outputs runs once for each.
        for (int k = 0; k < g.size(); k++) {
            if (!trial.carriesGradient(k)) {
                continue;
            }
            try (MemoryScope scope = MemoryScope.open("gradient")) {
                List<Tensor> in = new ArrayList<>();
                for (int i = 0; i < x.size(); i++) {
                    DType as = trial.args().get(i).spec().dtype();
                    as = as.isFloat() && dtype == DType.F64 ? dtype : as;
                    Tensor t = tensor(x.get(i), as, device);
                    in.add(flows(trial, i) && (only < 0 || only == i) ? t.asParameter() : t);
                }
                Tensor y = Dispatcher.run(trial.op(), in.toArray(Tensor[]::new)).get(k);
                if (!y.requiresGrad()) {
                    throw new AssertionError(trial.op().name()
                            + ": no gradient was recorded, although one flows to an input");
                }
                Gradients gradients = Backward.of(y, tensor(g.get(k), y.dtype(), device), null);
                for (int i = 0; i < x.size(); i++) {
                    Tensor gradient = in.get(i).requiresGrad() ? gradients.of(in.get(i)) : null;
                    if (gradient != null) {
                        addTo(sums.get(i).data(), gradient.toDoubles());
                    }
                }
            }
        }
        return sums;
    }

    private static Tensor tensor(NdArray values, DType dtype, Device device) {
        return Tensor.allocate(new TensorSpec(values.shape(), dtype), device).copyFrom(values.data());
    }

    private static void addTo(double[] sum, double[] more) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += more[i];
        }
    }

    /** Whether an operation has a gradient to prove. */
    static boolean applies(Op op) {
        return op.differentiability().reason() == null;
    }
}
