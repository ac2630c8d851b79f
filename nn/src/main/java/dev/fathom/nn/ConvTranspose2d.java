package dev.fathom.nn;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.PixelShuffle;

/**
 * Transposed convolution whose stride is its kernel, [N,H,W,in] to [N,kH,kW,out]: every input pixel becomes its own k x k
 * patch, so it is one product and a pixel shuffle. {@code torch.nn.ConvTranspose2d(in, out, k, stride=k)} with its names and default start.
 */
public final class ConvTranspose2d {
    private final Parameter weight;
    private final Parameter bias;
    private final int kernel;

    public ConvTranspose2d(Names names, int in, int out, int kernel) {
        // PyTorch takes fan_in from the weight's second axis, also for transposed convolutions.
        Init init = new Init.UniformFanIn((long) out * kernel * kernel);
        this.weight = names.parameter("weight", WeightLayout.CONV_TRANSPOSE, init, in, out, kernel, kernel);
        this.bias = names.parameter("bias", WeightLayout.PLAIN, init, out);
        this.kernel = kernel;
    }

    public Tensor forward(Tensor x) {
        try (MemoryScope scope = MemoryScope.scratch("transposed convolution")) {
            Tensor w = weight.tensor();
            Tensor patches = dev.fathom.engine.ops.Linear.of(x, w.reshape(-1, w.dim(3)), null);
            return scope.keep(Binary.add(PixelShuffle.of(patches, kernel), bias.tensor()));
        }
    }
}
