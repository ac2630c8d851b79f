package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.Floats.all;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.CastWithSums;
import dev.fathom.engine.ops.LayerScaleBackward;
import dev.fathom.engine.ops.TokenEmbedding;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** What a vision transformer has beside products, norms and attention: the first sequence, and layer scale's gradient. */
public final class TransformerKernels {
    private TransformerKernels() {
    }

    public static void register(KernelTable table) {
        table.add(TokenEmbedding.class, TransformerKernels::tokens);
        table.add(LayerScaleBackward.class, TransformerKernels::layerScale);
        table.add(CastWithSums.class, TransformerKernels::castWithSums);
    }

    private static void tokens(TokenEmbedding op, List<Tensor> in, List<Tensor> out) {
        Tensor y = out.get(0);
        MemorySegment patches = in.get(0).segment();
        MemorySegment cls = in.get(1).segment();
        MemorySegment position = in.get(2).segment();
        MemorySegment to = y.segment();
        int tokens = y.dim(1);
        int width = y.dim(2);
        Chunks.run((long) y.dim(0) * tokens, Chunks.rows(width), (from, end) -> {
            for (long row = from; row < end; row++) {
                long token = row % tokens;
                // One class token a picture stands before the patches of this one and of those before it.
                long patch = row - row / tokens - 1;
                ElementwiseKernels.add(token == 0 ? cls : patches, token == 0 ? 0 : 4 * patch * width,
                        position, 4 * token * width, to, 4 * row * width, width);
            }
        });
    }

    private static void layerScale(LayerScaleBackward op, List<Tensor> in, List<Tensor> out) {
        MemorySegment weight = in.get(0).segment();
        MemorySegment gamma = in.get(1).segment();
        MemorySegment product = in.get(2).segment();
        MemorySegment dWeight = out.get(0).segment();
        MemorySegment dGamma = out.get(1).segment();
        MemorySegment bias = op.bias() ? in.get(3).segment() : null;
        MemorySegment sum = op.bias() ? in.get(4).segment() : null;
        MemorySegment dBias = op.bias() ? out.get(2).segment() : null;
        MemorySegment scaled = op.scaled() ? out.getLast().segment() : null;
        int inputs = in.get(0).dim(1);
        Chunks.run(in.get(1).numel(), Chunks.rows(inputs), (from, to) -> {
            for (long o = from; o < to; o++) {
                long at = 4 * o * inputs;
                float factor = gamma.get(Floats.LAYOUT, 4 * o);
                float inner = scaleRow(weight, product, at, factor, dWeight, inputs);
                if (bias != null) {
                    float s = sum.get(Floats.LAYOUT, 4 * o);
                    inner += bias.get(Floats.LAYOUT, 4 * o) * s;
                    dBias.set(Floats.LAYOUT, 4 * o, factor * s);
                }
                dGamma.set(Floats.LAYOUT, 4 * o, inner);
                if (scaled != null) {
                    ElementwiseKernels.scale(weight, at, factor, scaled, at, inputs);
                }
            }
        });
    }

    /** As all kernels of float32 it sees float32 alone; whoever called it rounds y. */
    private static void castWithSums(CastWithSums op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        MemorySegment from = x.segment();
        MemorySegment to = out.get(0).segment();
        Chunks.run(x.numel(), (first, end) ->
                MemorySegment.copy(from, 4 * first, to, 4 * first, 4 * (end - first)));
        ColumnSums.plain(from, x.dim(0), x.dim(1), out.get(1));
    }

    /** to = factor * product for one row; returns the inner product of the rows of weight and product. */
    private static float scaleRow(MemorySegment weight, MemorySegment product, long at, float factor, MemorySegment to,
            int n) {
        FloatVector sum = all(0f);
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            FloatVector g = load(product, at + 4L * i);
            sum = g.fma(load(weight, at + 4L * i), sum);
            g.mul(factor).intoMemorySegment(to, at + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            FloatVector g = load(product, at + 4L * whole, rest);
            sum = g.fma(load(weight, at + 4L * whole, rest), sum);
            g.mul(factor).intoMemorySegment(to, at + 4L * whole, ORDER, rest);
        }
        return Floats.sum(sum);
    }
}
