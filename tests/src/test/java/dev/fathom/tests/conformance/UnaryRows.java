package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.SwiGlu;
import dev.fathom.engine.ops.SwiGluBackward;
import dev.fathom.engine.ops.Unary;
import dev.fathom.engine.ops.Unary.Kind;
import dev.fathom.engine.ops.UnaryBackward;
import java.util.ArrayList;
import java.util.List;

/**
 * Functions of one number. Each element is held to its own exact value, in roundings: one unit in the last place is up
 * to two of them. Derivatives are sums that cancel near their zeros, so they are held to the size of the whole result.
 */
final class UnaryRows {
    static final List<OpSpec> ROWS = rows();

    private UnaryRows() {
    }

    private static List<OpSpec> rows() {
        List<OpSpec> rows = new ArrayList<>();
        add(rows, Kind.RELU, -2, 2, 0, 0.0);
        add(rows, Kind.ABS, -2, 2, 0, 0.0);
        add(rows, Kind.GELU, -9, 6, 12);
        add(rows, Kind.SIGMOID, -20, 20, 6);
        add(rows, Kind.SILU, -20, 8, 8);
        add(rows, Kind.TANH, -6, 6, 4);
        add(rows, Kind.EXP, -20, 6, 2);
        add(rows, Kind.LOG, 0.01, 50, 2);
        add(rows, Kind.SQRT, 0.01, 50, 1);
        add(rows, Kind.RSQRT, 0.05, 50, 4);
        add(rows, Kind.SQUARE, -4, 4, 1);
        add(rows, Kind.ERF, -4, 4, 4);
        rows.add(row("swiglu", SwiGlu.class, UnaryRows::swiglu));
        rows.add(row("swiglu_backward", SwiGluBackward.class, d -> {
            Trial forward = swiglu(d);
            return Trial.of(new SwiGluBackward(), d).inputOf(forward, 0).in(halved(forward.shapeOf(0)));
        }));
        return List.copyOf(rows);
    }

    /**
     * Two rows, for a function and its derivative.
     *
     * @param roundings how far an element may be from its own exact value; 0 asks for the bits
     * @param kinks where the function has no derivative
     */
    private static void add(List<OpSpec> rows, Kind kind, double low, double high, int roundings, double... kinks) {
        rows.add(row(kind.torchName(), Unary.class, d -> {
            Trial trial = Trial.of(new Unary(kind), d).inAwayFrom(kinks, low, high, d.shape(0, 4));
            return roundings == 0 ? trial.exact() : trial.rounded(roundings);
        }));
        rows.add(row(kind.torchName() + "_backward", UnaryBackward.class, d -> {
            Trial forward = Trial.of(new Unary(kind), d).inAwayFrom(kinks, low, high, d.shape(0, 4));
            Trial trial = Trial.of(new UnaryBackward(kind), d);
            trial = kind.derivativeFromOutput() ? trial.outputOf(forward, 0) : trial.inputOf(forward, 0);
            return trial.in(forward.shapeOf(0)).sums(2);
        }));
    }

    private static Trial swiglu(Draw d) {
        return Trial.of(new SwiGlu(), d).in(-6, 6, d.shapeEndingIn(0, 2, 2 * d.extent())).sums(2);
    }

    private static Shape halved(Shape x) {
        return x.with(-1, x.dim(-1) / 2);
    }
}
