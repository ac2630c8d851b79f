package dev.fathom.models.dpt;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.Checkpoint;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Conv2dPointwise.Activation;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.models.dinov2.DinoVisionTransformer.Tap;
import dev.fathom.nn.Conv2d;
import dev.fathom.nn.Names;
import java.util.ArrayList;
import java.util.List;

/**
 * The decoder: reassemble, fuse coarse to fine, and read one number a pixel.
 *
 * <pre>
 * taps 4 x [N,hw,D] --Reassemble--> [N,4h,4w,C1] [N,2h,2w,C2] [N,h,w,C3] [N,h/2,w/2,C4]
 *      --layerN_rn (3x3, no bias)--> F channels each --refinenet4..1--> [N,8h,8w,F]
 *      --output_conv1 (3x3)--> F/2 --bilinear--> [N,14h,14w,F/2] --output_conv2--> [N,14h,14w,1]
 * </pre>
 */
public final class DptHead {
    private static final int LAST = 32;

    private final int patch;
    private final boolean useBn;
    private final Reassemble reassemble;
    private final List<Conv2d> layerRn = new ArrayList<>();
    private final List<FeatureFusionBlock> refinenets = new ArrayList<>();
    private final Conv2d outputConv1;
    private final Conv2d outputConv2;
    private final Conv2d outputConv3;
    private boolean checkpointing;

    public DptHead(Names names, int dim, int patch, DptConfig config) {
        this.patch = patch;
        this.useBn = config.useBn();
        this.reassemble = new Reassemble(names, dim, config);
        Names scratch = names.child("scratch");
        int f = config.features();
        for (int n = 1; n <= 4; n++) {
            layerRn.add(new Conv2d(scratch.child("layer" + n + "_rn"), config.outChannels().get(n - 1), f, 3, 1, 1,
                    false));
        }
        for (int n = 1; n <= 4; n++) {
            refinenets.add(new FeatureFusionBlock(scratch.child("refinenet" + n), config));
        }
        outputConv1 = new Conv2d(scratch.child("output_conv1"), f, f / 2, 3, 1, 1, true);
        outputConv2 = new Conv2d(scratch.child("output_conv2").child(0), f / 2, LAST, 3, 1, 1, true);
        outputConv3 = new Conv2d(scratch.child("output_conv2").child(2), LAST, 1, 1, 1, 0, true);
    }

    /** Whether training computes the finest map again for its gradient instead of keeping it. */
    public void gradientCheckpointing(boolean on) {
        checkpointing = on;
    }

    /**
     * @param taps four, earliest first
     * @param h rows of patches, {@code w} columns
     * @param activation what the number goes through last, and {@code scale} what it is then multiplied by
     * @return [N,14h,14w,1]
     */
    public Tensor forward(List<Tap> taps, int h, int w, Activation activation, double scale) {
        try (MemoryScope scope = MemoryScope.scratch("decoder")) {
            Tensor[] level = new Tensor[4];
            for (int j = 0; j < 4; j++) {
                level[j] = level(j, taps.get(j), h, w);
            }
            Tensor path = null;
            for (int j = 3; j >= 0; j--) {
                Tensor coarser = path;
                int height = j == 0 ? 2 * level[0].dim(1) : level[j - 1].dim(1);
                int width = j == 0 ? 2 * level[0].dim(2) : level[j - 1].dim(2);
                path = j == 3 ? refinenets.get(j).forward(level[j], null, height, width)
                        : j > 0 ? refinenets.get(j).forward(coarser, level[j], height, width)
                        : finest(coarser, level[j], height, width);
                scope.drop(level[j]);
                if (coarser != null) {
                    scope.drop(coarser);
                }
            }
            Tensor full = ResizeBilinear.of(path, patch * h, patch * w, true);
            scope.drop(path);
            return scope.keep(outputConv2.forwardRelu(outputConv3, activation, scale, full));
        }
    }

    /**
     * The finest fusion, reduced to half its channels. The memory of a training step with checkpoints is largest at the
     * head after this, so this is one too: its batch norms, if it has any, must not see the batch twice.
     */
    private Tensor finest(Tensor coarser, Tensor level, int height, int width) {
        Checkpoint.Function reduced = in -> {
            try (MemoryScope scope = MemoryScope.scratch("finest")) {
                return scope.keep(outputConv1.forward(refinenets.getFirst().forward(in[0], in[1], height, width)));
            }
        };
        return checkpointing && !useBn ? Checkpoint.of(reduced, coarser, level) : reduced.apply(coarser, level);
    }

    private Tensor level(int j, Tap tap, int h, int w) {
        try (MemoryScope scope = MemoryScope.scratch("reassemble")) {
            return scope.keep(layerRn.get(j).forward(reassemble.forward(j, tap, h, w)));
        }
    }
}
