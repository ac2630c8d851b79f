package dev.fathom.tests.conformance;

import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.Conv2dPointwise;
import dev.fathom.engine.ops.Conv2dPointwise.Activation;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.ConvTranspose2d;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.LinearResidual;
import dev.fathom.engine.ops.MatMul;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Products and convolutions at the edges of tiles, slices and 16-byte groups, with everything that can stand around
 * them: what the conformance rows, which know nothing of tiles, would meet by chance only.
 */
final class ProductShapes {
    private static final ConvGeometry SAME = ConvGeometry.square(1, 1);

    private final Map<String, Trial> all = new LinkedHashMap<>();

    private ProductShapes() {
    }

    /** All trials in float32, by a name that says what is special. */
    static Map<String, Trial> trials() {
        ProductShapes shapes = new ProductShapes();
        shapes.products();
        shapes.matrices();
        shapes.convolutions();
        shapes.pointwise();
        shapes.gradients();
        return shapes.all;
    }

    private void products() {
        int[][] sizes = {{1, 1, 1}, {7, 9, 8}, {9, 8, 7}, {63, 65, 64}, {65, 64, 72}, {130, 136, 24}, {66, 129, 33}};
        for (int[] s : sizes) {
            String size = " " + s[0] + "x" + s[1] + "x" + s[2];
            all.put("linear" + size, linear(new Linear(true, Linear.Activation.NONE, false), s));
            all.put("linear+gelu, kept" + size, linear(new Linear(true, Linear.Activation.GELU, true), s));
            all.put("linear+scale+residual" + size, residual(s, false));
        }
        all.put("linear without bias", Trial.of(new Linear(false, Linear.Activation.NONE, false), new Draw())
                .in(33, 24).in(40, 24).sums(24));
        all.put("linear+gelu, not kept", linear(new Linear(true, Linear.Activation.GELU, false),
                new int[] {33, 40, 24}));
        all.put("linear+scale+float32 residual", residual(new int[] {33, 40, 24}, true));
        all.put("linear+scale+float32 residual, odd", residual(new int[] {33, 41, 25}, true));
    }

    private static Trial linear(Linear op, int[] s) {
        return Trial.of(op, new Draw()).in(s[0], s[2]).in(-0.5, 0.5, Shape.of(s[1], s[2])).in(s[1]).wide()
                .sums(s[2] + 1);
    }

    private static Trial residual(int[] s, boolean wide) {
        Trial trial = Trial.of(new LinearResidual(true), new Draw()).in(s[0], s[2]).in(-0.5, 0.5, Shape.of(s[1], s[2]))
                .in(s[1]).wide().in(s[0], s[1]);
        return (wide ? trial.wide() : trial).in(s[1]).wide().sums(s[2] + 1);
    }

    private void matrices() {
        for (int form = 0; form < 8; form++) {
            boolean ta = (form & 1) != 0;
            boolean tb = (form & 2) != 0;
            boolean wide = (form & 4) != 0;
            String name = "matmul" + (ta ? " aT" : "") + (tb ? " bT" : "") + (wide ? " wide" : "");
            all.put(name, matMul(ta, tb, wide, 65, 63, 81));
            all.put(name + " aligned", matMul(ta, tb, wide, 72, 64, 40));
        }
        all.put("matmul of a batch", Trial.of(new MatMul(false, true), new Draw())
                .in(3, 16, 24).in(3, 8, 24).sums(24));
        all.put("matmul of a batch with one a", Trial.of(new MatMul(false, false), new Draw())
                .in(2, 1, 17, 9).in(2, 3, 9, 5).sums(9));
        all.put("weight gradient of many rows", matMul(true, false, true, 40, 24, 1300));
        all.put("weight gradient of an odd number of rows", matMul(true, false, true, 33, 9, 1301));
    }

    private static Trial matMul(boolean ta, boolean tb, boolean wide, int m, int n, int k) {
        return Trial.of(new MatMul(ta, tb, wide), new Draw()).in(ta ? k : m, ta ? m : k)
                .in(tb ? n : k, tb ? k : n).sums(k);
    }

    private void convolutions() {
        int[][] channels = {{64, 64}, {8, 32}, {16, 136}, {3, 5}, {24, 33}};
        for (int[] c : channels) {
            all.put("conv 3x3 " + c[0] + " to " + c[1], conv(new Conv2d(SAME, true, false, 0, true), 7, 6, 3, c[0],
                    c[1]));
            all.put("conv 3x3 with all around it " + c[0] + " to " + c[1],
                    conv(new Conv2d(SAME, true, true, 2, true), 5, 7, 3, c[0], c[1]));
        }
        all.put("conv 3x3 bare", conv(new Conv2d(SAME, false, false, 0, false), 9, 9, 3, 16, 24));
        all.put("conv 3x3 with a residual", conv(new Conv2d(SAME, true, false, 1, false), 9, 9, 3, 16, 24));
        all.put("conv 3x3 stride 2", conv(new Conv2d(ConvGeometry.square(2, 1), true, false), 11, 8, 3, 16, 40));
        all.put("conv of patches", conv(new Conv2d(ConvGeometry.square(14, 0), true, false), 28, 42, 14, 3, 24));
        all.put("conv 5x5 far outside", conv(new Conv2d(ConvGeometry.square(3, 4), true, false), 4, 5, 5, 8, 8));
        for (int outputs : new int[] {1, 3, 40}) {
            all.put("conv 1x1 to " + outputs, conv(new Conv2d(ConvGeometry.square(1, 0), true, true), 9, 31, 1, 32,
                    outputs));
            all.put("conv 1x1 with all around it to " + outputs,
                    conv(new Conv2d(ConvGeometry.square(1, 0), true, true, 2, false), 9, 7, 1, 19, outputs));
        }
        for (int kernel : new int[] {2, 4}) {
            for (int c : new int[] {16, 6}) {
                all.put("conv_transpose " + kernel + " of " + c, Trial.of(new ConvTranspose2d(kernel, true), new Draw())
                        .in(2, 5, 7, c).in(c, kernel, kernel, c + 2).in(c + 2).wide().sums(c + 1));
            }
        }
    }

    private static Trial conv(Conv2d op, int h, int w, int kernel, int channels, int outputs) {
        Trial trial = Trial.of(op, new Draw());
        arguments(trial, op, h, w, kernel, channels, outputs);
        return trial;
    }

    private static void arguments(Trial trial, Conv2d op, int h, int w, int kernel, int channels, int outputs) {
        double spread = 1 / Math.sqrt(kernel * kernel * (double) channels);
        Shape x = Shape.of(2, h, w, channels);
        trial.in(x).in(-spread, spread, Shape.of(outputs, kernel, kernel, channels));
        if (op.bias()) {
            trial.in(outputs).wide();
        }
        ConvGeometry g = op.geometry();
        Shape y = Shape.of(2, (h + 2 * g.padH() - kernel) / g.strideH() + 1,
                (w + 2 * g.padW() - kernel) / g.strideW() + 1, outputs);
        for (int i = 0; i < op.residuals(); i++) {
            trial.in(y);
        }
        trial.sums(kernel * kernel * channels + 1.0);
    }

    private void pointwise() {
        int[][] channels = {{16, 32, 1}, {32, 64, 64}, {16, 48, 33}, {8, 24, 4}, {8, 33, 1}, {8, 72, 1}, {8, 9, 70}};
        for (int[] c : channels) {
            String name = "conv 3x3 and 1x1, " + c[0] + " to " + c[1] + " to " + c[2];
            all.put(name, pointwise(new Conv2d(SAME, true, false, 0, true), Activation.SIGMOID, 20, false, true, c));
            all.put(name + ", kept", pointwise(new Conv2d(SAME, true, true, 1, false), Activation.NONE, 1, true, false,
                    c));
        }
    }

    private static Trial pointwise(Conv2d conv, Activation activation, double scale, boolean keep, boolean wide,
            int[] c) {
        Trial trial = Trial.of(new Conv2dPointwise(conv, true, activation, scale, keep, wide), new Draw());
        arguments(trial, conv, 5, 9, 3, c[0], c[1]);
        double spread = 1 / Math.sqrt(c[1]);
        return trial.in(-spread, spread, Shape.of(c[2], 1, 1, c[1])).in(c[2]).wide().sums(9.0 * c[0] + c[1] + 2)
                .roundsInside();
    }

    private void gradients() {
        int[][] channels = {{64, 64}, {8, 40}, {3, 5}};
        for (int[] c : channels) {
            for (int stride : new int[] {1, 2}) {
                ConvGeometry g = ConvGeometry.square(stride, 1);
                Shape x = Shape.of(2, 5, 8, c[0]);
                Shape weight = Shape.of(c[1], 3, 3, c[0]);
                Shape dy = Shape.of(2, (5 - 1) / stride + 1, (8 - 1) / stride + 1, c[1]);
                String name = " 3x3 stride " + stride + ", " + c[0] + " to " + c[1];
                all.put("conv_input" + name, Trial.of(new Conv2dBackwardInput(g, 5, 8, false), new Draw()).in(dy)
                        .in(-0.1, 0.1, weight).sums(9 * c[1]));
                all.put("conv_input, ReLU" + name, Trial.of(new Conv2dBackwardInput(g, 5, 8, true), new Draw()).in(dy)
                        .in(-0.1, 0.1, weight).in(x).sums(9 * c[1]));
                all.put("conv_weight" + name, Trial.of(new Conv2dBackwardWeight(g, 3, 3, false), new Draw()).in(x)
                        .in(dy).sums(dy.product(0, 3)));
                all.put("conv_weight, ReLU" + name, Trial.of(new Conv2dBackwardWeight(g, 3, 3, true), new Draw()).in(x)
                        .in(dy).sums(dy.product(0, 3)));
            }
        }
        Shape many = Shape.of(2, 20, 30, 8);
        all.put("conv_weight of many pixels", Trial.of(new Conv2dBackwardWeight(SAME, 3, 3, true), new Draw()).in(many)
                .in(many).sums(many.product(0, 3)));
        all.put("conv_weight 1x1", Trial.of(new Conv2dBackwardWeight(ConvGeometry.square(1, 0), 1, 1), new Draw())
                .in(2, 7, 9, 16).in(2, 7, 9, 24).sums(126));
        all.put("conv_input 1x1", Trial.of(new Conv2dBackwardInput(ConvGeometry.square(1, 0), 7, 9), new Draw())
                .in(2, 7, 9, 16).in(16, 1, 1, 24).sums(16));
        all.put("conv_input of patches", Trial.of(new Conv2dBackwardInput(ConvGeometry.square(4, 0), 8, 12), new Draw())
                .in(2, 2, 3, 16).in(16, 4, 4, 3).sums(16));
    }
}
