package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.ResizeBicubic;
import dev.fathom.engine.ops.ResizeBicubicBackward;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.engine.ops.ResizeBilinearBackward;
import dev.fathom.engine.ops.ResizeNearest;
import dev.fathom.engine.ops.ResizeNearestBackward;
import java.util.List;

/**
 * Resizing of [N,H,W,C]: larger, smaller, to and from a single pixel, with fewer and more channels than a vector has
 * lanes.
 */
final class ResizeRows {
    static final List<OpSpec> ROWS = List.of(
            row("resize_bilinear", ResizeBilinear.class,
                    d -> forward(new ResizeBilinear(size(d), size(d), d.coin()), d).sums(4)),
            row("resize_bilinear_backward", ResizeBilinearBackward.class, d -> {
                ResizeBilinearBackward op = new ResizeBilinearBackward(size(d), size(d), d.coin());
                return backward(op, op.inH() * op.inW(), d);
            }),
            row("resize_bicubic", ResizeBicubic.class,
                    d -> forward(new ResizeBicubic(size(d), size(d), step(d), step(d), d.coin()), d).sums(16)),
            row("resize_bicubic_backward", ResizeBicubicBackward.class, d -> {
                ResizeBicubicBackward op = new ResizeBicubicBackward(size(d), size(d), step(d), step(d), d.coin());
                return backward(op, op.inH() * op.inW(), d);
            }),
            row("resize_nearest", ResizeNearest.class, d -> forward(new ResizeNearest(size(d), size(d)), d).exact()),
            row("resize_nearest_backward", ResizeNearestBackward.class, d -> {
                ResizeNearestBackward op = new ResizeNearestBackward(size(d), size(d));
                return backward(op, op.inH() * op.inW(), d);
            }));

    private ResizeRows() {
    }

    private static int size(Draw d) {
        return d.among(1, 2, 3, 5, 7, 12, 17, 33, 40);
    }

    /** Steps of an enlargement, of one to one, of a reduction, and those that reach beyond the border. */
    private static double step(Draw d) {
        return d.among(1, 0.5, 37 / 37.1, 0, 1.7, 2.6, 9);
    }

    private static Trial forward(Op op, Draw d) {
        return Trial.of(op, d).in(image(d));
    }

    private static Shape image(Draw d) {
        return Shape.of(d.batch(), size(d), size(d), d.extent(33));
    }

    private static Trial backward(Op op, int inputPixels, Draw d) {
        Shape dy = image(d);
        return Trial.of(op, d).in(dy).sums(Math.max(4, 16.0 * dy.dim(1) * dy.dim(2) / inputPixels));
    }
}
