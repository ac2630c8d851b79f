package dev.fathom.nn;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Conv2dPointwise;
import dev.fathom.engine.ops.ConvGeometry;
import java.util.ArrayList;
import java.util.List;

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
        return operation(false, 0, false).on(x, weight.tensor(), biasOrNull());
    }

    /** conv(relu(x)), and residuals of the result's shape added, in one pass. */
    public Tensor forwardOfRelu(Tensor x, Tensor... residuals) {
        return operation(true, residuals.length, false).on(x, weight.tensor(), biasOrNull(), residuals);
    }

    /** next(conv(relu(x)) + residuals) with a 1 x 1 convolution {@code next}: the map between them is not written. */
    public Tensor forwardOfRelu(Conv2d next, Tensor x, Tensor... residuals) {
        return Conv2dPointwise.of(operation(true, residuals.length, false), arguments(x, residuals),
                next.weight.tensor(), next.biasOrNull(), Conv2dPointwise.Activation.NONE, 1, false);
    }

    /**
     * scale * activation(next(relu(conv(x)))) with a 1 x 1 convolution {@code next}: what a depth head ends in. float32
     * in mixed precision too, as 16 bits of a depth would show as steps.
     */
    public Tensor forwardRelu(Conv2d next, Conv2dPointwise.Activation activation, double scale, Tensor x) {
        return Conv2dPointwise.of(operation(false, 0, true), arguments(x), next.weight.tensor(), next.biasOrNull(),
                activation, scale, true);
    }

    private dev.fathom.engine.ops.Conv2d operation(boolean inputRelu, int residuals, boolean relu) {
        return new dev.fathom.engine.ops.Conv2d(ConvGeometry.square(stride, padding), bias != null, inputRelu,
                residuals, relu);
    }

    private List<Tensor> arguments(Tensor x, Tensor... residuals) {
        List<Tensor> in = new ArrayList<>(List.of(x, weight.tensor()));
        if (bias != null) {
            in.add(bias.tensor());
        }
        in.addAll(List.of(residuals));
        return in;
    }

    private Tensor biasOrNull() {
        return bias == null ? null : bias.tensor();
    }
}
