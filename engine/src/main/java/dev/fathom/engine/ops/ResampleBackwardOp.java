package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * The gradient of a {@link ResampleOp}: every pixel of dy [N,outH,outW,C] gives to the pixels that it was read from, by
 * the same weights. The reference scatters; kernels gather through {@link AxisTaps#readers}, so that no two tasks write
 * one element.
 */
public interface ResampleBackwardOp extends Op {
    /** Rows of the forward's input. */
    int inH();

    /** Columns of the forward's input. */
    int inW();

    /** How the forward read rows, for {@code outH} rows of dy. */
    AxisTaps rowTaps(int outH);

    /** How the forward read columns, for {@code outW} columns of dy. */
    AxisTaps columnTaps(int outW);

    @Override
    default List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        TensorSpec dy = in.get(0);
        InferRules.isFloat(name(), "dy", dy);
        InferRules.rank(name(), "dy", dy, 4, "[N,outH,outW,C]");
        if (inH() < 1 || inW() < 1 || dy.dim(1) < 1 || dy.dim(2) < 1) {
            throw new ShapeException(name() + ": dy" + dy.shape() + " and an input of " + inH() + " x " + inW()
                    + " pixels: all of them must be at least 1");
        }
        return List.of(new TensorSpec(Shape.of(dy.dim(0), inH(), inW(), dy.dim(3)), dy.dtype()));
    }

    @Override
    default void reference(List<NdArray> in, List<NdArray> out) {
        NdArray dy = in.get(0);
        NdArray dx = out.get(0);
        AxisTaps rows = rowTaps(dy.dim(1));
        AxisTaps columns = columnTaps(dy.dim(2));
        Arrays.fill(dx.data(), 0);
        for (int n = 0; n < dy.dim(0); n++) {
            for (int i = 0; i < dy.dim(1); i++) {
                for (int j = 0; j < dy.dim(2); j++) {
                    for (int c = 0; c < dy.dim(3); c++) {
                        double g = dy.data()[dy.at(n, i, j, c)];
                        for (int a = 0; a < rows.width(); a++) {
                            for (int b = 0; b < columns.width(); b++) {
                                dx.data()[dx.at(n, rows.index(i, a), columns.index(j, b), c)] +=
                                        rows.weight(i, a) * columns.weight(j, b) * g;
                            }
                        }
                    }
                }
            }
        }
    }

    @Override
    default OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    default Differentiability differentiability() {
        return Differentiability.none("it is itself a gradient");
    }
}
