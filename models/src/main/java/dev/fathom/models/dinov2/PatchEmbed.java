package dev.fathom.models.dinov2;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.nn.Conv2d;
import dev.fathom.nn.Names;

/** Cuts the picture into patches and maps each to a token: a convolution whose stride is its kernel. */
final class PatchEmbed {
    private final int patch;
    private final Conv2d proj;

    PatchEmbed(Names names, VitConfig config) {
        this.patch = config.patch();
        this.proj = new Conv2d(names.child("proj"), 3, config.dim(), patch, patch, 0, true);
    }

    /** [N,H,W,3] to [N,h*w,D], row by row, with h = H/patch and w = W/patch. */
    Tensor forward(Tensor x) {
        if (x.rank() != 4 || x.dim(3) != 3 || x.dim(1) % patch != 0 || x.dim(2) % patch != 0 || x.dim(1) == 0
                || x.dim(2) == 0) {
            throw new ShapeException("patch_embed: the picture must be [N,H,W,3] with H and W multiples of " + patch
                    + ", got " + x.shape());
        }
        Tensor tokens = proj.forward(x);
        return tokens.reshape(x.dim(0), -1, tokens.dim(3));
    }
}
