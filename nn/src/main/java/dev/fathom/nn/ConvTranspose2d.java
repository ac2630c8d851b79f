package dev.fathom.nn;

import dev.fathom.engine.Tensor;

/**
 * Transposed convolution whose stride is its kernel, [N,H,W,in] to [N,kH,kW,out]: every input pixel becomes its own k x
 * k patch, so it is one product and a move.
 * {@code torch.nn.ConvTranspose2d(in, out, k, stride=k)} with its names and default start.
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
        return dev.fathom.engine.ops.ConvTranspose2d.of(x, weight.tensor(), bias.tensor(), kernel);
    }
}
