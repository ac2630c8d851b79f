package dev.fathom.nn;

import dev.fathom.engine.Tensor;

/**
 * Convolution of [N,H,W,in] to [N,H',W',out]. {@code torch.nn.Conv2d} with its names and its default start,
 * U(±1/√fanIn) for weight and bias.
 */
public final class Conv2d {
    private final Parameter weight;
    private final Parameter bias;
    private final int stride;
    private final int padding;

    /** Square kernel; the same stride and padding on both axes. */
    public Conv2d(Names names, int in, int out, int kernel, int stride, int padding, boolean withBias) {
        Init init = new Init.UniformFanIn((long) in * kernel * kernel);
        this.weight = names.parameter("weight", WeightLayout.CONV, init, out, in, kernel, kernel);
        this.bias = withBias ? names.parameter("bias", WeightLayout.PLAIN, init, out) : null;
        this.stride = stride;
        this.padding = padding;
    }

    public Tensor forward(Tensor x) {
        return dev.fathom.engine.ops.Conv2d.of(x, weight.tensor(), bias == null ? null : bias.tensor(), stride,
                padding);
    }

    /** relu(conv(x)) in one pass. */
    public Tensor forwardRelu(Tensor x) {
        return dev.fathom.engine.ops.Conv2d.relu(x, weight.tensor(), bias == null ? null : bias.tensor(), stride,
                padding);
    }
}
