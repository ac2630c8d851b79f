package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.ConvTranspose2d;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.MatMul;
import java.util.List;

/** Matrix products and convolutions. */
final class ProductRows {
    private static final String KINKS = "ReLU has a kink wherever a sum is 0, and sums cannot be kept away from it;"
            + " conv2d_smooth has the rest of the gradient, and relu has a row of its own";

    static final List<OpSpec> ROWS = List.of(
            row("matmul", MatMul.class, d -> {
                MatMul op = new MatMul(d.coin(), d.coin());
                int m = d.extent();
                int n = d.extent();
                int k = d.among(1, 2, 7, 33, 385, 0);
                Shape leading = d.pick(3) == 0 ? Shape.SCALAR : Shape.of(d.batch(), d.among(1, 2));
                return Trial.of(op, d)
                        .in(matrix(d.broadcastingTo(leading), op.transposeA() ? k : m, op.transposeA() ? m : k))
                        .in(matrix(leading, op.transposeB() ? n : k, op.transposeB() ? k : n)).sums(k);
            }),
            row("linear", Linear.class, d -> {
                boolean bias = d.coin();
                Linear.Activation activation = d.among(Linear.Activation.class);
                boolean keep = activation != Linear.Activation.NONE;
                int inputs = d.among(1, 2, 17, 384, 400);
                int outputs = d.extent();
                Trial trial = Trial.of(new Linear(bias, activation, keep), d)
                        .in(d.shapeEndingIn(0, 2, inputs)).in(-0.2, 0.2, Shape.of(outputs, inputs));
                return (bias ? trial.in(outputs) : trial).sums(inputs + 1);
            }),
            row("linear_gelu_inference", Linear.class, d -> {
                int outputs = d.extent();
                return Trial.of(new Linear(true, Linear.Activation.GELU, false), d)
                        .in(d.extent(), 5).in(outputs, 5).in(outputs).sums(6);
            }),
            row("conv2d", Conv2d.class, d -> {
                Conv c = Conv.draw(d);
                boolean bias = d.coin();
                Trial trial = Trial.of(new Conv2d(c.geometry, bias, d.coin()), d).in(c.x).in(c.weight);
                return (bias ? trial.in(c.weight.dim(0)) : trial).sums(c.weight.product(1, 4) + 1)
                        .noFiniteDifferences(KINKS);
            }),
            row("conv2d_smooth", Conv2d.class, d -> {
                Conv c = Conv.draw(d);
                return Trial.of(new Conv2d(c.geometry, true, false), d).in(c.x).in(c.weight).in(c.weight.dim(0))
                        .sums(c.weight.product(1, 4) + 1);
            }),
            row("conv2d_1x1", Conv2d.class, d -> {
                boolean bias = d.coin();
                int inputs = d.extent();
                int outputs = d.among(1, 2, 1, 17);
                Trial trial = Trial.of(new Conv2d(ConvGeometry.square(1, 0), bias, d.coin()), d)
                        .in(d.shapeEndingIn(3, 3, inputs)).in(outputs, 1, 1, inputs);
                return (bias ? trial.in(outputs) : trial).sums(inputs + 1).noFiniteDifferences(KINKS);
            }),
            row("conv2d_3x3", Conv2d.class, d -> {
                Conv c = Conv.square(d);
                return Trial.of(new Conv2d(c.geometry, true, d.coin()), d).in(c.x).in(c.weight).in(c.weight.dim(0))
                        .sums(c.weight.product(1, 4) + 1).noFiniteDifferences(KINKS);
            }),
            row("conv2d_3x3_backward_input", Conv2dBackwardInput.class, d -> {
                Conv c = Conv.square(d);
                return Trial.of(new Conv2dBackwardInput(c.geometry, c.x.dim(1), c.x.dim(2)), d).in(c.y()).in(c.weight)
                        .sums(c.weight.product(0, 3));
            }),
            row("conv2d_3x3_backward_weight", Conv2dBackwardWeight.class, d -> {
                Conv c = Conv.square(d);
                return Trial.of(new Conv2dBackwardWeight(c.geometry, 3, 3), d).in(c.x).in(c.y())
                        .sums(c.y().product(0, 3));
            }),
            row("conv2d_backward_input", Conv2dBackwardInput.class, d -> {
                Conv c = Conv.draw(d);
                return Trial.of(new Conv2dBackwardInput(c.geometry, c.x.dim(1), c.x.dim(2)), d).in(c.y()).in(c.weight)
                        .sums(c.weight.product(0, 3));
            }),
            row("conv2d_backward_weight", Conv2dBackwardWeight.class, d -> {
                Conv c = Conv.draw(d);
                return Trial.of(new Conv2dBackwardWeight(c.geometry, c.weight.dim(1), c.weight.dim(2)), d)
                        .in(c.x).in(c.y()).sums(c.y().product(0, 3));
            }),
            row("conv_transpose2d", ConvTranspose2d.class, d -> {
                int kernel = d.among(1, 2, 3, 4);
                boolean bias = d.coin();
                int inputs = d.extent(17);
                int outputs = d.extent(17);
                Trial trial = Trial.of(new ConvTranspose2d(kernel, bias), d)
                        .in(d.batch(), d.extent(5), d.extent(17), inputs).in(inputs, kernel, kernel, outputs);
                return (bias ? trial.in(outputs) : trial).sums(inputs + 1);
            }));

    private ProductRows() {
    }

    private static Shape matrix(Shape leading, int rows, int columns) {
        return leading.leading(leading.rank(), rows, columns);
    }

    /** A convolution whose window fits the padded picture. */
    private record Conv(ConvGeometry geometry, Shape x, Shape weight) {
        static Conv draw(Draw d) {
            int kernelH = d.among(1, 3, 2, 5, 7);
            int kernelW = d.among(1, 3, 2, 5, 4);
            ConvGeometry geometry = new ConvGeometry(d.among(1, 2, 3), d.among(1, 2, 4),
                    d.among(0, 1, 3), d.among(0, 1, 2));
            int height = Math.max(1, kernelH - 2 * geometry.padH()) + d.among(0, 1, 2, 6);
            int width = Math.max(1, kernelW - 2 * geometry.padW()) + d.among(0, 1, 5, 16, 40);
            int channels = d.extent(17);
            return new Conv(geometry, Shape.of(d.batch(), height, width, channels),
                    Shape.of(d.extent(33), kernelH, kernelW, channels));
        }

        /** 3 x 3, stride 1, whole vectors of channels and enough pixels: what runs through Winograd's algorithm. */
        static Conv square(Draw d) {
            ConvGeometry geometry = ConvGeometry.square(1, d.among(1, 0, 2));
            int channels = d.among(16, 32, 48);
            return new Conv(geometry, Shape.of(d.batch(), d.among(11, 12, 13), d.among(14, 13, 17, 40), channels),
                    Shape.of(d.among(16, 48, 32, 8), 3, 3, channels));
        }

        Shape y() {
            return Shape.of(x.dim(0), (x.dim(1) + 2 * geometry.padH() - weight.dim(1)) / geometry.strideH() + 1,
                    (x.dim(2) + 2 * geometry.padW() - weight.dim(2)) / geometry.strideW() + 1, weight.dim(0));
        }
    }
}
