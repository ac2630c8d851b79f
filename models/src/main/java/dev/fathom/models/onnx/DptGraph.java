package dev.fathom.models.onnx;

import dev.fathom.models.dpt.DptConfig;
import dev.fathom.models.onnx.VitGraph.Tap;
import java.util.ArrayList;
import java.util.List;

/**
 * The decoder as a graph; read it beside {@code dev.fathom.models.dpt.DptHead}. As there, the 1 x 1 {@code out_conv}
 * comes before the resize that it follows in the original: the same function at a quarter of the products.
 */
record DptGraph(Scope scope, int dim, int patch, DptConfig config) {
    /** BatchNorm2d's default in PyTorch. */
    private static final double BATCH_NORM_EPS = 1e-5;

    /**
     * The number a pixel, before the last activation.
     *
     * @param grid int64 [h, w]
     * @return [N,1,14h,14w]
     */
    Value forward(List<Tap> taps, Value grid) {
        Scope scratch = scope.child("scratch");
        List<Value> levels = new ArrayList<>();
        for (int j = 0; j < 4; j++) {
            Value map = reassemble(j, taps.get(j), grid);
            levels.add(scratch.child("layer" + (j + 1) + "_rn").conv(map, 3, 1, 1, false));
        }
        // Levels 1 to 4 are 4, 2, 1 and 1/2 times the grid; each result has the size of the next finer one.
        Value path = fuse(scratch.child("refinenet4"), null, levels.get(3), grid);
        path = fuse(scratch.child("refinenet3"), path, levels.get(2), times(grid, 2));
        path = fuse(scratch.child("refinenet2"), path, levels.get(1), times(grid, 4));
        path = fuse(scratch.child("refinenet1"), path, levels.get(0), times(grid, 8));
        Value reduced = scratch.child("output_conv1").conv(path, 3, 1, 1, true);
        Scope last = scratch.child("output_conv2");
        Value full = last.bilinear(reduced, times(grid, patch));
        Value features = last.relu(last.child(0).conv(full, 3, 1, 1, true));
        return last.child(2).conv(features, 1, 1, 0, true);
    }

    /** Tap j as a map of Cj channels and 4, 2, 1 or 1/2 times the grid. */
    private Value reassemble(int j, Tap tap, Value grid) {
        Scope project = scope.child("projects").child(j);
        Value tokens = config.useClsToken() ? readout(j, tap) : tap.patches();
        Value keepTwo = scope.graph().vector(0, 0);
        Value map = project.reshape(project.transpose(tokens, 0, 2, 1), project.concat(0, keepTwo, grid));
        Value projected = project.conv(map, 1, 1, 0, true);
        Scope resize = scope.child("resize_layers").child(j);
        return switch (j) {
            case 0 -> resize.convTranspose(projected, 4);
            case 1 -> resize.convTranspose(projected, 2);
            case 2 -> projected;
            default -> resize.conv(projected, 3, 2, 1, true);
        };
    }

    /** gelu(linear([patch | cls])) for every patch. */
    private Value readout(int j, Tap tap) {
        Scope readout = scope.child("readout_projects").child(j).child(0);
        Value cls = readout.expand(tap.cls(), readout.shape(tap.patches()));
        return readout.gelu(readout.linear(readout.concat(2, tap.patches(), cls)));
    }

    /** Adds the refined skip to the coarser result (null at the coarsest level), refines, mixes channels, enlarges. */
    private Value fuse(Scope block, Value coarser, Value skip, Value size) {
        Value x = coarser == null ? skip : block.add(coarser, residualUnit(block.child("resConfUnit1"), skip));
        Value refined = residualUnit(block.child("resConfUnit2"), x);
        return block.bilinear(block.child("out_conv").conv(refined, 1, 1, 0, true), size);
    }

    /** x + conv2(relu(conv1(relu(x)))), each convolution with its batch norm if the model has them. */
    private Value residualUnit(Scope unit, Value x) {
        Value first = normed(unit.child("bn1"), unit.child("conv1").conv(unit.relu(x), 3, 1, 1, true));
        Value second = normed(unit.child("bn2"), unit.child("conv2").conv(unit.relu(first), 3, 1, 1, true));
        return unit.add(second, x);
    }

    private Value normed(Scope bn, Value x) {
        return config.useBn() ? bn.batchNorm(x, BATCH_NORM_EPS) : x;
    }

    private Value times(Value grid, long factor) {
        return scope.mul(grid, scope.graph().vector(factor));
    }
}
