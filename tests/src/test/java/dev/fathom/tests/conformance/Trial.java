package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One operation with its inputs, and how exact a kernel must be on it. Built by a row's lambda:
 *
 * <pre>{@code
 * d -> Trial.of(new SumTo(Shape.SCALAR), d).in(d.shape(1, 4)).sums(terms)
 * }</pre>
 *
 * <p>Values are float32 numbers, so that float32 kernels and the float64 specification start from the same input.
 * {@link #inHalf} makes the same trial for 16-bit tensors.
 */
public final class Trial {
    /** How near a kernel's result must be to the float64 specification; {@link Tolerance} has the formulas. */
    enum Accuracy { EXACT, ROUNDED, SUMS }

    /**
     * An input: its spec and its values.
     *
     * @param wide whether it is float32 beside 16-bit inputs too, as biases and statistics are
     */
    record Arg(TensorSpec spec, double[] values, boolean wide) {
        NdArray array() {
            return new NdArray(spec.shape(), values.clone());
        }

        /** The same in a 16-bit dtype, its values rounded; itself if it is wide or no float32. */
        Arg inHalf(DType half) {
            if (wide || spec.dtype() != DType.F32) {
                return this;
            }
            double[] rounded = values.clone();
            for (int i = 0; i < rounded.length; i++) {
                rounded[i] = Tolerance.round(rounded[i], half);
            }
            return new Arg(new TensorSpec(spec.shape(), half), rounded, false);
        }
    }

    private final Op op;
    private final Random random;
    private final List<Arg> args = new ArrayList<>();
    private Accuracy accuracy = Accuracy.SUMS;
    private double terms = 1;
    private String noFiniteDifferences;
    private int outputsWithGradient = Integer.MAX_VALUE;
    private String noHalf;
    private boolean roundsInside;

    private Trial(Op op, Draw d) {
        this.op = op;
        this.random = d.random();
    }

    /** A trial of this operation; values come from the draw's generator. */
    public static Trial of(Op op, Draw d) {
        return new Trial(op, d);
    }

    /** A float input with values in [-2, 2). */
    public Trial in(Shape shape) {
        return in(-2, 2, shape);
    }

    public Trial in(int... dims) {
        return in(Shape.of(dims));
    }

    /** A float input with values in [low, high). */
    public Trial in(double low, double high, Shape shape) {
        double[] values = new double[Math.toIntExact(shape.numel())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (low + random.nextDouble() * (high - low));
        }
        return add(DType.F32, shape, values);
    }

    /**
     * A float input whose elements lie on both sides of {@code centre}, 0.5 to 2 away from it, and change sides every
     * {@code period} elements: for norms, whose result is as wrong as the mean's last bit when all values are nearly
     * the same.
     */
    public Trial inAround(double centre, int period, Shape shape) {
        in(0.5, 2, shape);
        double[] values = args.getLast().values();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (centre + (i / period % 2 == 0 ? values[i] : -values[i]));
        }
        return this;
    }

    /**
     * A float input in [low, high) that keeps a distance of 0.02 from every kink, where central differences mean
     * nothing.
     */
    public Trial inAwayFrom(double[] kinks, double low, double high, Shape shape) {
        in(low, high, shape);
        double[] values = args.getLast().values();
        for (int i = 0; i < values.length; i++) {
            for (double kink : kinks) {
                if (Math.abs(values[i] - kink) < 0.02) {
                    values[i] = (float) (kink + (values[i] < kink ? -0.02 : 0.02));
                }
            }
        }
        return this;
    }

    /** A mask, true with probability {@code p}. */
    public Trial mask(double p, Shape shape) {
        double[] values = new double[Math.toIntExact(shape.numel())];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextDouble() < p ? 1 : 0;
        }
        return add(DType.BOOL, shape, values);
    }

    /** An input of any dtype with these values, which that dtype must hold exactly. */
    public Trial add(DType dtype, Shape shape, double... values) {
        args.add(new Arg(new TensorSpec(shape, dtype), values, false));
        return this;
    }

    /** The input added last is float32 beside 16-bit inputs too: a bias, a norm's weight, a statistic. */
    public Trial wide() {
        Arg last = args.removeLast();
        args.add(new Arg(last.spec(), last.values(), true));
        return this;
    }

    /** The operation takes no 16-bit inputs, for this reason. */
    public Trial noHalf(String reason) {
        noHalf = reason;
        return this;
    }

    /**
     * Kernels may round to 16 bits between two products inside (the probabilities of attention, which tensor cores
     * multiply), so 16-bit trials allow for that.
     */
    public Trial roundsInside() {
        roundsInside = true;
        return this;
    }

    /** The same trial with 16-bit inputs, except those that are {@link #wide()}; null if there is none. */
    Trial inHalf(DType half) {
        if (noHalf != null) {
            return null;
        }
        Trial twin = withOp(op);
        twin.args.replaceAll(arg -> arg.inHalf(half));
        return twin;
    }

    /** The unit roundoff of what kernels round to inside. */
    double innerUnit() {
        return roundsInside ? args.stream().mapToDouble(a -> Tolerance.unit(a.spec().dtype())).max().orElse(Tolerance.U)
                : Tolerance.U;
    }

    /** The unit roundoff of the coarsest dtype between operations. */
    double storedUnit() {
        double inputs = args.stream().mapToDouble(a -> Tolerance.unit(a.spec().dtype())).max().orElse(Tolerance.U);
        return Math.max(inputs, op.infer(specs()).stream().mapToDouble(s -> Tolerance.unit(s.dtype())).max()
                .orElse(Tolerance.U));
    }

    /** The input {@code i} of another trial: a gradient's inputs are often its forward's. */
    public Trial inputOf(Trial forward, int i) {
        args.add(forward.args.get(i));
        return this;
    }

    /**
     * The output {@code k} of another trial's specification, rounded to float32: what a gradient's forward has left for
     * it.
     */
    public Trial outputOf(Trial forward, int k) {
        TensorSpec spec = forward.op.infer(forward.specs()).get(k);
        double[] values = Conformance.reference(forward.op, forward.op.infer(forward.specs()),
                forward.args.stream().map(Arg::array).toList()).get(k).data();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) values[i];
        }
        Trial half = forward.inHalf(DType.F16);
        boolean wide = half != null && half.op.infer(half.specs()).get(k).dtype() == DType.F32;
        args.add(new Arg(spec, values, wide));
        return this;
    }

    /** The shape of an input that was added before. */
    public Shape shapeOf(int input) {
        return args.get(input).spec().shape();
    }

    /** The kernel only moves or rounds: its result is the specification's, rounded once. */
    public Trial exact() {
        accuracy = Accuracy.EXACT;
        return this;
    }

    /** Each element is within {@code k} roundings of its own exact value. */
    public Trial rounded(int k) {
        accuracy = Accuracy.ROUNDED;
        terms = k;
        return this;
    }

    /** An element adds up this many terms (the default is 1). */
    public Trial sums(double count) {
        accuracy = Accuracy.SUMS;
        terms = Math.max(1, count);
        return this;
    }

    /** Central differences cannot judge this gradient, for this reason; the comparison of backends still runs. */
    public Trial noFiniteDifferences(String reason) {
        noFiniteDifferences = reason;
        return this;
    }

    /**
     * Only the first {@code count} outputs carry a gradient; the others exist for the backward pass or as statistics.
     */
    public Trial gradientOfFirst(int count) {
        outputsWithGradient = count;
        return this;
    }

    boolean carriesGradient(int output) {
        return output < outputsWithGradient;
    }

    Op op() {
        return op;
    }

    List<Arg> args() {
        return args;
    }

    Accuracy accuracy() {
        return accuracy;
    }

    double terms() {
        return terms;
    }

    String reasonAgainstFiniteDifferences() {
        return noFiniteDifferences;
    }

    /** Inputs of which the floating-point ones are moved by a rounding of this unit. */
    List<NdArray> nudged(List<NdArray> inputs, Random by, double unit) {
        List<NdArray> moved = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            NdArray a = inputs.get(i);
            moved.add(args.get(i).spec().dtype().isFloat() ? new NdArray(a.shape(), Tolerance.nudge(a.data(), by, unit))
                    : a);
        }
        return moved;
    }

    boolean hasEmptyInput() {
        return args.stream().anyMatch(a -> a.values().length == 0);
    }

    List<TensorSpec> specs() {
        return args.stream().map(Arg::spec).toList();
    }

    /** The same inputs, another operation: how a broken twin is put in an operation's place. */
    Trial withOp(Op other) {
        Trial twin = new Trial(other, new Draw());
        twin.args.addAll(args);
        twin.accuracy = accuracy;
        twin.terms = terms;
        twin.noFiniteDifferences = noFiniteDifferences;
        twin.outputsWithGradient = outputsWithGradient;
        twin.noHalf = noHalf;
        twin.roundsInside = roundsInside;
        return twin;
    }

    @Override
    public String toString() {
        return op + " on " + specs();
    }
}
