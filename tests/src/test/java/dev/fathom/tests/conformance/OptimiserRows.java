package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.AdamWStep;
import dev.fathom.engine.ops.FillInPlace;
import dev.fathom.engine.ops.ScaleInPlace;
import dev.fathom.engine.ops.SumOfSquares;
import java.util.List;

/** What an optimiser does to its tensors. */
final class OptimiserRows {
    static final List<OpSpec> ROWS = List.of(
            row("adamw_", AdamWStep.class, d -> {
                int parameters = d.among(1, 2, 3, 7);
                Trial trial = Trial.of(new AdamWStep(d.among(0.01, 0, 5e-6, 0.5), d.among(0.9, 0, 0.8),
                        d.among(0.999, 0.95), d.among(1e-8, 1e-3), d.among(0.01, 0, 0.3), 1 + d.pick(2000),
                        d.among(1, 0x1p-16, 0.37, 3), parameters), d).sums(4);
                for (int i = 0; i < parameters; i++) {
                    Shape s = d.shape(0, 4);
                    trial.in(s).in(s).in(s).in(0.001, 4, s);
                }
                return trial;
            }),
            row("sum_of_squares", SumOfSquares.class, OptimiserRows::squares),
            row("scale_", ScaleInPlace.class,
                    d -> Trial.of(new ScaleInPlace(d.among(0.5, 1, -3, 0, 0.047)), d).in(d.shape(0, 4)).rounded(2)),
            row("fill_", FillInPlace.class,
                    d -> Trial.of(new FillInPlace(d.among(0, 1, -0.1)), d).in(d.shape(0, 4)).exact()));

    private OptimiserRows() {
    }

    /** Several tensors, now and then with elements that are not finite. */
    private static Trial squares(Draw d) {
        Trial trial = Trial.of(new SumOfSquares(), d);
        for (int tensors = d.among(1, 2, 5); tensors > 0; tensors--) {
            double[] values = trial.in(d.shape(0, 4)).args().getLast().values();
            if (values.length > 0 && d.pick(4) == 3) {
                values[d.pick(values.length)] = d.among(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
            }
        }
        return trial;
    }
}
