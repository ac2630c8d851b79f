package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * What {@link ResizeBilinear}, {@link ResizeBicubic} and {@link ResizeNearest} have in common:
 *
 * <pre>y[n,i,j,c] = sum over taps a of row i, taps b of column j:  wa wb x[n, ia, jb, c]</pre>
 *
 * with x [N,H,W,C], y [N,outH,outW,C]. They differ in their {@link AxisTaps}.
 */
public interface ResampleOp extends Op {
    /** Rows of the result. */
    int outH();

    /** Columns of the result. */
    int outW();

    /** How rows are read, for an input of {@code h} rows. */
    AxisTaps rowTaps(int h);

    /** How columns are read, for an input of {@code w} columns. */
    AxisTaps columnTaps(int w);

    @Override
    default List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        TensorSpec x = in.get(0);
        InferRules.isFloat(name(), "x", x);
        InferRules.rank(name(), "x", x, 4, "[N,H,W,C]");
        if (outH() < 1 || outW() < 1) {
            throw new ShapeException(name() + ": the size asked for is " + outH() + " x " + outW()
                    + ", but both must be at least 1");
        }
        if (x.dim(1) < 1 || x.dim(2) < 1) {
            throw new ShapeException(name() + ": x" + x.shape() + " has no pixels to read");
        }
        return List.of(new TensorSpec(Shape.of(x.dim(0), outH(), outW(), x.dim(3)), x.dtype()));
    }

    @Override
    default void reference(List<NdArray> in, List<NdArray> out) {
        NdArray x = in.get(0);
        NdArray y = out.get(0);
        AxisTaps rows = rowTaps(x.dim(1));
        AxisTaps columns = columnTaps(x.dim(2));
        for (int n = 0; n < y.dim(0); n++) {
            for (int i = 0; i < outH(); i++) {
                for (int j = 0; j < outW(); j++) {
                    for (int c = 0; c < y.dim(3); c++) {
                        double sum = 0;
                        for (int a = 0; a < rows.width(); a++) {
                            for (int b = 0; b < columns.width(); b++) {
                                sum += rows.weight(i, a) * columns.weight(j, b)
                                        * x.data()[x.at(n, rows.index(i, a), columns.index(j, b), c)];
                            }
                        }
                        y.data()[y.at(n, i, j, c)] = sum;
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
        return Differentiability.ALL;
    }
}
