package dev.fathom.models.dpt;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.nn.Conv2d;
import dev.fathom.nn.Names;

/**
 * One step from coarse to fine: add the refined skip, refine, enlarge, mix channels.
 *
 * <p>The original enlarges first and applies the 1 x 1 {@code out_conv} after. Both are linear and the interpolation
 * weights sum to 1, so they commute (bias included); this order costs a quarter of the products (SPEC 1.6).
 */
final class FeatureFusionBlock {
    private final ResidualConvUnit resConfUnit1;
    private final ResidualConvUnit resConfUnit2;
    private final Conv2d outConv;

    FeatureFusionBlock(Names names, DptConfig config) {
        int f = config.features();
        outConv = new Conv2d(names.child("out_conv"), f, f, 1, 1, 0, true);
        resConfUnit1 = new ResidualConvUnit(names.child("resConfUnit1"), f, config.useBn());
        resConfUnit2 = new ResidualConvUnit(names.child("resConfUnit2"), f, config.useBn());
    }

    /**
     * @param x the coarser result, [N,h,w,F]
     * @param skip this level's map, of the same shape; null at the coarsest level, whose {@code resConfUnit1} is never
     * used
     * @return [N,height,width,F]
     */
    Tensor forward(Tensor x, Tensor skip, int height, int width) {
        try (MemoryScope scope = MemoryScope.scratch("fusion")) {
            Tensor sum = skip == null ? x : resConfUnit1.forward(skip, x);
            Tensor mixed = resConfUnit2.forward(outConv, sum);
            return scope.keep(ResizeBilinear.of(mixed, height, width, true));
        }
    }
}
