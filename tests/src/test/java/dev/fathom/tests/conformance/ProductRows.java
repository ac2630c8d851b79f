package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.Conv2dPointwise;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.ConvTranspose2d;
import dev.fathom.engine.ops.LayerScaleBackward;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.LinearResidual;
import dev.fathom.engine.ops.MatMul;
import java.util.List;

/** Matrix products and convolutions. */
final class ProductRows {
    private static final String KINKS = "ReLU has a kink wherever a sum is 0, and sums cannot be kept away from it;"
            + " conv2d_smooth has the rest of the gradient, and relu has a row of its own";

    static final List<OpSpec> ROWS = List.of(
            row("matmul", MatMul.class, d -> {
                MatMul op = new MatMul(d.coin(), d.coin(), d.coin());
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
                return (bias ? trial.in(outputs).wide() : trial).sums(inputs + 1);
            }),
            row("linear_gelu_inference", Linear.class, d -> {
                int outputs = d.extent();
                return Trial.of(new Linear(true, Linear.Activation.GELU, false), d)
                        .in(d.extent(), 5).in(outputs, 5).in(outputs).wide().sums(6);
            }),
            row("linear_residual", LinearResidual.class, d -> {
                boolean bias = d.coin();
                int inputs = d.among(1, 2, 17, 384, 400);
                int outputs = d.extent();
                Shape x = d.shapeEndingIn(0, 2, inputs);
                Trial trial = Trial.of(new LinearResidual(bias), d).in(x).in(-0.2, 0.2, Shape.of(outputs, inputs))
                        .in(outputs).wide().in(x.with(-1, outputs));
                if (d.coin()) {
                    trial.wide();
                }
                return (bias ? trial.in(outputs).wide() : trial).sums(inputs + 1);
            }),
            row("layer_scale_backward", LayerScaleBackward.class, d -> {
                boolean bias = d.coin();
                Shape weight = Shape.of(d.extent(), d.among(1, 2, 17, 384, 1031));
                Shape gamma = Shape.of(weight.dim(0));
                Trial trial = Trial.of(new LayerScaleBackward(bias, d.coin()), d).in(weight).in(gamma).wide()
                        .in(weight).wide();
                return (bias ? trial.in(gamma).wide().in(gamma).wide() : trial).sums(weight.dim(1) + 1);
            }),
            row("conv2d", Conv2d.class, d -> conv(d, Conv.draw(d), d.coin(), d.coin()).noFiniteDifferences(KINKS)),
            row("conv2d_smooth", Conv2d.class, d -> conv(d, Conv.draw(d), false, false)),
            row("conv2d_input_relu", Conv2d.class, d -> {
                // Away from 0, so that a kink is never crossed.
                Conv c = Conv.draw(d);
                Conv2d op = new Conv2d(c.geometry, false, true, d.pick(3), false);
                Trial trial = Trial.of(op, d).inAwayFrom(new double[] {0}, -2, 2, c.x).in(c.weight);
                for (int i = 0; i < op.residuals(); i++) {
                    trial.in(c.y());
                }
                return trial.sums(c.weight.product(1, 4) + 1);
            }),
            row("conv2d_1x1", Conv2d.class, d -> {
                boolean bias = d.coin();
                int inputs = d.extent();
                int outputs = d.among(1, 2, 1, 17);
                Trial trial = Trial.of(new Conv2d(ConvGeometry.square(1, 0), bias, d.coin()), d)
                        .in(d.shapeEndingIn(3, 3, inputs)).in(outputs, 1, 1, inputs);
                return (bias ? trial.in(outputs).wide() : trial).sums(inputs + 1).noFiniteDifferences(KINKS);
            }),
            row("conv2d_3x3", Conv2d.class, d -> conv(d, Conv.square(d), d.coin(), d.coin())
                    .noFiniteDifferences(KINKS)),
            row("conv2d_3x3_backward_input", Conv2dBackwardInput.class, d -> backwardInput(d, Conv.square(d))),
            row("conv2d_3x3_backward_weight", Conv2dBackwardWeight.class, d -> backwardWeight(d, Conv.square(d))),
            row("conv2d_backward_input", Conv2dBackwardInput.class, d -> backwardInput(d, Conv.draw(d))),
            row("conv2d_backward_weight", Conv2dBackwardWeight.class, d -> backwardWeight(d, Conv.draw(d))),
            row("conv2d_pointwise", Conv2dPointwise.class, d -> pointwise(d, Conv.draw(d), d.coin(),
                    d.among(Conv2dPointwise.Activation.class), true).noFiniteDifferences(KINKS)),
            row("conv2d_pointwise_smooth", Conv2dPointwise.class, d -> pointwise(d, Conv.draw(d), false,
                    d.coin() ? Conv2dPointwise.Activation.SIGMOID : Conv2dPointwise.Activation.NONE, true)),
            row("conv2d_pointwise_inference", Conv2dPointwise.class, d -> pointwise(d, Conv.square(d), d.coin(),
                    d.among(Conv2dPointwise.Activation.class), false)),
            row("conv_transpose2d", ConvTranspose2d.class, d -> {
                int kernel = d.among(1, 2, 3, 4);
                boolean bias = d.coin();
                int inputs = d.extent(17);
                int outputs = d.extent(17);
                Trial trial = Trial.of(new ConvTranspose2d(kernel, bias), d)
                        .in(d.batch(), d.extent(5), d.extent(17), inputs).in(inputs, kernel, kernel, outputs);
                return (bias ? trial.in(outputs).wide() : trial).sums(inputs + 1);
            }));

    private ProductRows() {
    }

    /** A convolution with and without bias, with none, one or two residuals. */
    private static Trial conv(Draw d, Conv c, boolean inputRelu, boolean relu) {
        Conv2d op = new Conv2d(c.geometry, d.coin(), inputRelu, d.pick(3), relu);
        return arguments(Trial.of(op, d), op, c);
    }

    private static Trial arguments(Trial trial, Conv2d op, Conv c) {
        trial.in(c.x).in(c.weight).sums(c.weight.product(1, 4) + 1);
        if (op.bias()) {
            trial.in(c.weight.dim(0)).wide();
        }
        for (int i = 0; i < op.residuals(); i++) {
            trial.in(c.y());
        }
        return trial;
    }

    private static Trial backwardInput(Draw d, Conv c) {
        boolean relu = d.coin();
        Trial trial = Trial.of(new Conv2dBackwardInput(c.geometry, c.x.dim(1), c.x.dim(2), relu), d).in(c.y())
                .in(c.weight).sums(c.weight.product(0, 3));
        return relu ? trial.in(c.x) : trial;
    }

    private static Trial backwardWeight(Draw d, Conv c) {
        return Trial.of(new Conv2dBackwardWeight(c.geometry, c.weight.dim(1), c.weight.dim(2), d.coin()), d)
                .in(c.x).in(c.y()).sums(c.y().product(0, 3));
    }

    /** Both sums of a pixel are drawn small, or a sigmoid would see nothing but its flat ends. */
    private static Trial pointwise(Draw d, Conv c, boolean relu, Conv2dPointwise.Activation activation, boolean keep) {
        Conv2d conv = new Conv2d(c.geometry, d.coin(), relu && d.coin(), d.pick(3), relu);
        boolean bias = d.coin();
        int middle = c.weight.dim(0);
        int outputs = d.among(1, 2, 17, 1, 33);
        double spread = 1 / Math.sqrt(c.weight.product(1, 4) * (double) middle);
        Trial trial = arguments(Trial.of(new Conv2dPointwise(conv, bias, activation, d.among(1.0, 20.0), keep,
                d.coin()), d), conv, c).in(-spread, spread, Shape.of(outputs, 1, 1, middle));
        return (bias ? trial.in(outputs).wide() : trial).sums(c.weight.product(1, 4) + middle + 2.0).gradientOfFirst(1)
                .roundsInside();
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
            return new Conv(geometry, Shape.of(d.batch(), d.among(11, 12, 13), d.among(14, 13, 17, 40, 80), channels),
                    Shape.of(d.among(16, 48, 32, 8), 3, 3, channels));
        }

        Shape y() {
            return Shape.of(x.dim(0), (x.dim(1) + 2 * geometry.padH() - weight.dim(1)) / geometry.strideH() + 1,
                    (x.dim(2) + 2 * geometry.padW() - weight.dim(2)) / geometry.strideW() + 1, weight.dim(0));
        }
    }
}
