package dev.fathom.engine.cuda.selftest;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.numeric.Philox;
import dev.fathom.engine.ops.Op;
import java.util.ArrayList;
import java.util.List;

/** One operation with inputs to be drawn: shapes, ranges, and which stay float32 beside 16-bit ones. */
final class SelfTestCase {
    /** How an input's dtype follows from the one that is tried. */
    private enum Kind { NARROW, WIDE, DOUBLE, MASK }

    private record Input(Shape shape, Kind kind, double low, double high) {
    }

    private final Op op;
    private final List<Input> inputs = new ArrayList<>();
    private boolean quick;

    private SelfTestCase(Op op) {
        this.op = op;
    }

    static SelfTestCase of(Op op) {
        return new SelfTestCase(op);
    }

    /** An input of the dtype that is tried, with values in [-1, 1). */
    SelfTestCase in(int... dims) {
        return between(-1, 1, dims);
    }

    SelfTestCase between(double low, double high, int... dims) {
        inputs.add(new Input(Shape.of(dims), Kind.NARROW, low, high));
        return this;
    }

    /** An input that is float32 whatever is tried. */
    SelfTestCase wide(int... dims) {
        return wideBetween(-1, 1, dims);
    }

    SelfTestCase wideBetween(double low, double high, int... dims) {
        inputs.add(new Input(Shape.of(dims), Kind.WIDE, low, high));
        return this;
    }

    /** An input that is float64 whatever is tried: sums that a loss hands to its gradient. */
    SelfTestCase doublesBetween(double low, double high, int... dims) {
        inputs.add(new Input(Shape.of(dims), Kind.DOUBLE, low, high));
        return this;
    }

    /** Booleans, three of four of them true. */
    SelfTestCase mask(int... dims) {
        inputs.add(new Input(Shape.of(dims), Kind.MASK, 0, 1));
        return this;
    }

    /** Makes this one of the few that {@code --device auto} tries. */
    SelfTestCase quickly() {
        quick = true;
        return this;
    }

    boolean isQuick() {
        return quick;
    }

    Op op() {
        return op;
    }

    /** The inputs' specs when this dtype is tried. */
    List<TensorSpec> specs(DType tried) {
        return inputs.stream().map(i -> new TensorSpec(i.shape, switch (i.kind) {
            case NARROW -> tried;
            case WIDE -> DType.F32;
            case DOUBLE -> DType.F64;
            case MASK -> DType.BOOL;
        })).toList();
    }

    /** The inputs' values: the same every time, not yet rounded to their dtypes. */
    List<double[]> values() {
        List<double[]> all = new ArrayList<>();
        for (Input input : inputs) {
            Philox random = new Philox(2026, all.size(), 0, 0);
            double[] values = new double[(int) input.shape.numel()];
            for (int i = 0; i < values.length; i++) {
                double u = random.nextFloat();
                values[i] = input.kind == Kind.MASK ? (u < 0.75 ? 1 : 0) : (float) (input.low + u
                    * (input.high - input.low));
            }
            all.add(values);
        }
        return all;
    }

    String describe(DType tried) {
        return op.name() + " " + tried.torchName() + " " + inputs.stream().map(i -> i.shape.toString()).toList();
    }
}
