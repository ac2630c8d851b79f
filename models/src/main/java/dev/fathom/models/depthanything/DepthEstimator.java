package dev.fathom.models.depthanything;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.Preprocess;

/** {@code infer_image}: a picture in, a depth map of the picture's size out (SPEC 2.1). */
public final class DepthEstimator {
    private final DepthAnythingV2 model;
    private final int inputSize;

    /** @param inputSize the shorter side in pixels before the network; 518 is what the models were trained with */
    public DepthEstimator(DepthAnythingV2 model, int inputSize) {
        this.model = model;
        this.inputSize = inputSize;
    }

    /** The size at which the network sees a picture. */
    public NetworkSize networkSize(Picture picture) {
        return NetworkSize.of(picture.width(), picture.height(), inputSize);
    }

    public DepthMap estimate(Picture picture) {
        NetworkSize size = networkSize(picture);
        return estimate(Preprocess.normalised(picture, size), size, picture.width(), picture.height());
    }

    /**
     * From a picture that is already prepared.
     *
     * @param input [size.height, size.width, 3], normalised
     * @param width columns of the result; {@code height} its rows
     */
    public DepthMap estimate(float[] input, NetworkSize size, int width, int height) {
        try (MemoryScope scope = MemoryScope.open("estimate"); GradMode.Scope off = GradMode.noGrad()) {
            Tensor x = Tensors.of(input, 1, size.height(), size.width(), 3);
            Tensor depth = model.forward(x).reshape(1, size.height(), size.width(), 1);
            return new DepthMap(width, height, ResizeBilinear.of(depth, height, width, true).toFloats(), model.head());
        }
    }
}
