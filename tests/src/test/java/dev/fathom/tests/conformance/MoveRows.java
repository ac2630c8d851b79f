package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.BroadcastTo;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.CastWithSums;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.Narrow;
import dev.fathom.engine.ops.PadAxis;
import dev.fathom.engine.ops.Permute;
import dev.fathom.engine.ops.Reshape;
import dev.fathom.engine.ops.Slice;
import dev.fathom.engine.ops.SumTo;
import dev.fathom.engine.ops.TokenEmbedding;
import java.util.ArrayList;
import java.util.List;

/** Operations that move elements, and sums over broadcast axes. */
final class MoveRows {
    static final List<OpSpec> ROWS = List.of(
            row("reshape", Reshape.class, d -> {
                Shape x = d.shape(0, 4);
                return Trial.of(new Reshape(Shape.of(Math.toIntExact(x.numel()), 1)), d).in(x).exact();
            }),
            row("narrow", Narrow.class, d -> {
                Shape x = d.shape(1, 4);
                int start = d.pick(x.dim(0) + 1);
                return Trial.of(new Narrow(start, d.pick(x.dim(0) - start + 1)), d).in(x).exact();
            }),
            row("slice", Slice.class, d -> {
                Shape x = d.shape(1, 4);
                int axis = d.axisOf(x);
                int start = d.pick(x.dim(axis) + 1);
                return Trial.of(new Slice(axis, start, d.pick(x.dim(axis) - start + 1)), d).in(x).exact();
            }),
            row("pad_axis", PadAxis.class, d -> {
                Shape x = d.shape(1, 4);
                return Trial.of(new PadAxis(d.axisOf(x), d.among(0, 1, 2, 17), d.among(0, 1, 3)), d).in(x).exact();
            }),
            row("concat", Concat.class, d -> {
                Shape x = d.shape(1, 4);
                int axis = d.axisOf(x);
                Trial trial = Trial.of(new Concat(axis), d).in(x).exact();
                for (int more = d.pick(4); more > 0; more--) {
                    trial.in(x.with(axis, d.among(1, 2, 0, 17)));
                }
                return trial;
            }),
            row("token_embedding", TokenEmbedding.class, d -> {
                Shape patches = Shape.of(d.batch(), d.among(1, 2, 0, 17, 67), d.extent());
                return Trial.of(new TokenEmbedding(), d).in(patches).in(1, 1, patches.dim(2)).wide()
                        .in(1, 1 + patches.dim(1), patches.dim(2)).wide().rounded(1);
            }),
            row("broadcast_to", BroadcastTo.class, d -> {
                Shape to = d.shape(0, 4);
                return Trial.of(new BroadcastTo(to), d).in(d.broadcastingTo(to)).exact();
            }),
            row("permute", Permute.class, d -> {
                Shape x = d.shape(0, 4);
                List<Integer> axes = new ArrayList<>();
                for (int axis = 0; axis < x.rank(); axis++) {
                    axes.add(d.pick(axis + 1), axis);
                }
                return Trial.of(new Permute(axes), d).in(x).exact();
            }),
            row("cast_float64", Cast.class, d -> Trial.of(new Cast(DType.F64), d).in(d.shape(0, 4)).exact()),
            row("cast_float16", Cast.class, d -> cast(DType.F16, d)),
            row("cast_bfloat16", Cast.class, d -> cast(DType.BF16, d)),
            row("cast_with_sums", CastWithSums.class, d -> {
                Shape x = Shape.of(d.among(1, 2, 0, 17, 300), d.extent());
                return Trial.of(new CastWithSums(d.coin() ? DType.F16 : DType.BF16), d).in(x).wide().sums(x.dim(0));
            }),
            row("sum_to", SumTo.class, d -> {
                Shape x = d.shape(0, 4);
                Shape to = d.broadcastingTo(x);
                return Trial.of(new SumTo(to, d.coin()), d).in(x).sums(x.numel() / (double) Math.max(1, to.numel()));
            }));

    private MoveRows() {
    }

    private static Trial cast(DType to, Draw d) {
        return Trial.of(new Cast(to), d).in(d.shape(0, 4)).exact().noFiniteDifferences("rounding is a staircase");
    }
}
