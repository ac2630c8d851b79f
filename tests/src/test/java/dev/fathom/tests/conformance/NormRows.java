package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.AttentionBackward;
import dev.fathom.engine.ops.BatchNorm;
import dev.fathom.engine.ops.BatchNormBackward;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.LayerNormBackward;
import dev.fathom.engine.ops.LayerNormEach;
import dev.fathom.engine.ops.LayerNormEachBackward;
import dev.fathom.engine.ops.Softmax;
import dev.fathom.engine.ops.SoftmaxBackward;
import java.util.List;

/**
 * Normalisations, softmax and attention. The second and third outputs are for the gradient and carry none themselves.
 */
final class NormRows {
    /** Mixed precision has one 16-bit dtype at a time; GPU kernels know no float16 input with a bfloat16 result. */
    private static final String ONE_KIND = "x is float32 where the result's 16-bit dtype is drawn";

    static final List<OpSpec> ROWS = List.of(
            row("layer_norm", LayerNorm.class, NormRows::layerNorm),
            row("layer_norm_to_16_bits", LayerNorm.class, d -> {
                Trial f = layerNorm(d);
                DType y = d.coin() ? DType.F16 : DType.BF16;
                return f.withOp(new LayerNorm(((LayerNorm) f.op()).eps(), y))
                        .noFiniteDifferences("its result is rounded; layer_norm has the gradient").noHalf(ONE_KIND);
            }),
            row("layer_norm_backward", LayerNormBackward.class, d -> {
                Trial f = layerNorm(d);
                boolean adds = d.coin();
                Trial trial = Trial.of(new LayerNormBackward(adds), d).inputOf(f, 0).inputOf(f, 1).outputOf(f, 1)
                        .outputOf(f, 2).in(f.shapeOf(0));
                return (adds ? trial.in(f.shapeOf(0)) : trial)
                        .sums(Math.max(f.shapeOf(0).dim(-1), rows(f.shapeOf(0))));
            }),
            row("layer_norm_each", LayerNormEach.class, NormRows::layerNormEach),
            row("layer_norm_each_to_16_bits", LayerNormEach.class, d -> {
                Trial f = layerNormEach(d);
                LayerNormEach op = (LayerNormEach) f.op();
                DType y = d.coin() ? DType.F16 : DType.BF16;
                return f.withOp(new LayerNormEach(op.count(), op.eps(), op.skip(), y))
                        .noFiniteDifferences("its results are rounded; layer_norm_each has the gradient").noHalf(ONE_KIND);
            }),
            row("layer_norm_each_backward", LayerNormEachBackward.class, d -> {
                Trial f = layerNormEach(d);
                LayerNormEach op = (LayerNormEach) f.op();
                Shape x = f.shapeOf(2);
                Trial trial = Trial.of(new LayerNormEachBackward(op.count(), op.skip()), d).inputOf(f, 0)
                        .outputOf(f, op.count()).outputOf(f, op.count() + 1);
                for (int k = 0; k < op.count(); k++) {
                    trial.inputOf(f, 2 + k);
                }
                for (int k = 0; k < op.count(); k++) {
                    trial.in(x.with(1, x.dim(1) - op.skip()));
                }
                return trial.sums(Math.max(x.dim(2), op.count() * rows(x)));
            }),
            row("batch_norm_train", BatchNorm.class, d -> batchNorm(d, true)),
            row("batch_norm_eval", BatchNorm.class, d -> batchNorm(d, false)),
            row("batch_norm_backward", BatchNormBackward.class, d -> {
                Trial f = batchNorm(d, d.coin());
                boolean training = ((BatchNorm) f.op()).training();
                return Trial.of(new BatchNormBackward(training), d).inputOf(f, 0).inputOf(f, 1).outputOf(f, 1)
                        .outputOf(f, 2)
                        .in(f.shapeOf(0)).sums(rows(f.shapeOf(0)));
            }),
            row("softmax", Softmax.class, NormRows::softmax),
            row("softmax_backward", SoftmaxBackward.class, d -> {
                Trial f = softmax(d);
                return Trial.of(new SoftmaxBackward(), d).outputOf(f, 0).in(f.shapeOf(0)).sums(f.shapeOf(0).dim(-1));
            }),
            row("attention", Attention.class, NormRows::attention),
            row("attention_backward", AttentionBackward.class, d -> {
                Trial f = attention(d);
                Shape qkv = f.shapeOf(0);
                return Trial.of(new AttentionBackward(((Attention) f.op()).heads()), d).inputOf(f, 0).outputOf(f, 0)
                        .outputOf(f, 1)
                        .in(qkv.with(2, qkv.dim(2) / 3)).sums(qkv.dim(1) + qkv.dim(2)).roundsInside();
            }));

    private NormRows() {
    }

    /** Number of rows over the last axis, at least 1. */
    private static double rows(Shape x) {
        return Math.max(1, x.product(0, x.rank() - 1));
    }

    /** Some rows lie far from 0, where E[x^2] - m^2 would lose all digits. */
    private static Trial layerNorm(Draw d) {
        int channels = d.extent();
        Shape x = d.shapeEndingIn(0, 2, channels);
        // Two values around 40 only show the last bit of their mean, whatever the kernel.
        double centre = channels < 3 ? 0 : d.among(0, 0.5, 40);
        return Trial.of(new LayerNorm(d.among(1e-6, 1e-5)), d).inAround(centre, 1, x).in(0.5, 1.5, Shape.of(channels))
                .wide().in(Shape.of(channels)).wide().sums(channels).gradientOfFirst(1);
    }

    /** One to four sequences, with none, one or all of their tokens left out. */
    private static Trial layerNormEach(Draw d) {
        int channels = d.extent();
        int tokens = d.among(2, 3, 1, 17, 67);
        Shape x = Shape.of(d.batch(), tokens, channels);
        int count = d.among(1, 2, 4, 3);
        Trial trial = Trial.of(new LayerNormEach(count, 1e-6, d.among(1, 0, 1, tokens)), d)
                .in(0.5, 1.5, Shape.of(channels)).wide().in(Shape.of(channels)).wide();
        for (int k = 0; k < count; k++) {
            trial.inAround(channels < 3 ? 0 : 0.5, 1, x);
        }
        return trial.sums(channels).gradientOfFirst(count);
    }

    /** At least two values a channel. */
    private static Trial batchNorm(Draw d, boolean training) {
        int channels = d.extent(33);
        Shape x = Shape.of(d.among(2, 3, 5), d.among(1, 2, 7, 33), channels);
        Shape c = Shape.of(channels);
        return Trial.of(new BatchNorm(training, d.among(0.1, 1), 1e-5), d).inAround(0, channels, x).in(0.5, 1.5, c)
                .wide().in(c).wide().in(-1, 1, c).wide().in(0.5, 1.5, c).wide()
                .sums(rows(x)).gradientOfFirst(1);
    }

    /** Spreads of 2, 12 and 60: nearly uniform rows, and rows that a single element wins. */
    private static Trial softmax(Draw d) {
        double spread = d.among(1, 6, 30);
        int channels = d.extent();
        return Trial.of(new Softmax(), d).in(-spread, spread, d.shapeEndingIn(0, 2, channels)).sums(channels);
    }

    /** Tokens below, at and above the blocks in which keys are read; heads of awkward size. */
    private static Trial attention(Draw d) {
        int heads = d.among(1, 2, 3);
        int size = d.among(1, 4, 16, 64, 5, 20);
        int tokens = d.among(1, 2, 3, 5, 17, 33, 63, 64, 65, 130);
        double spread = d.among(1, 3);
        return Trial.of(new Attention(heads), d).in(-spread, spread, Shape.of(d.batch(), tokens, 3 * heads * size))
                .sums(tokens + size).gradientOfFirst(1).roundsInside();
    }
}
