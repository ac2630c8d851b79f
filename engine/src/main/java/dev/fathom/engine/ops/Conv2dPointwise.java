package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * A convolution and the 1 x 1 convolution that follows it, so that the map between them need not be written: with m =
 * the result [N,H',W',O] of {@link #conv} (its bias, residuals and ReLU included),
 *
 * <pre>y[n,r,c,p] = scale * f( bias[p] + sum over o of m[n,r,c,o] weight[p,0,0,o] )</pre>
 *
 * <p>Arguments: those of {@link Conv2d}, then weight [P,1,1,O] and bias [P] (optional). Outputs y [N,H',W',P], and m if
 * {@code keepMiddle}: the gradient reads it. A depth head's last step is this with P = 1 and a sigmoid, a fusion
 * block's last step with P = O and nothing after it. {@code scale * f(conv1x1(relu(conv(x))))}.
 *
 * <p>Of 16-bit x and weights, y is 16-bit unless {@code wide}, and so is m where it is written; a kernel may multiply m
 * before or after it was rounded. Biases are float32.
 *
 * <p>Gradient: the 1 x 1 convolution's, {@link Conv2dBackwardInput} (a ReLU between the two belongs to it) and {@link
 * Conv2dBackwardWeight}, then the first one's.
 *
 * @param conv the first convolution
 * @param bias whether the second has a bias
 * @param activation f
 * @param scale a positive factor: the largest depth after a sigmoid
 * @param keepMiddle whether m is a second output
 * @param wide whether y is float32 also of 16-bit x: for depths, of which 16 bits would show as steps
 */
public record Conv2dPointwise(Conv2d conv, boolean bias, Activation activation, double scale, boolean keepMiddle,
        boolean wide) implements Op {
    /** What follows the second convolution. */
    public enum Activation {
        NONE(null), RELU(Unary.Kind.RELU), SIGMOID(Unary.Kind.SIGMOID);

        private final Unary.Kind kind;

        Activation(Unary.Kind kind) {
            this.kind = kind;
        }

        /** As a function of one number; null for {@link #NONE}. */
        public Unary.Kind kind() {
            return kind;
        }
    }

    public Conv2dPointwise {
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("conv2d_pointwise: the scale must be a positive number, got " + scale);
        }
    }

    /**
     * Runs it; the middle is kept if a gradient is wanted.
     *
     * @param first the first convolution's arguments: x, weight, bias if it has one, residuals
     * @param bias of the second, or null
     */
    public static Tensor of(Conv2d conv, List<Tensor> first, Tensor weight, Tensor bias, Activation activation,
            double scale, boolean wide) {
        Tensor[] in = Arrays.copyOf(first.toArray(Tensor[]::new), first.size() + (bias == null ? 1 : 2));
        in[first.size()] = weight;
        if (bias != null) {
            in[first.size() + 1] = bias;
        }
        boolean keep = GradMode.isEnabled() && Arrays.stream(in).anyMatch(Tensor::requiresGrad);
        return Dispatcher.run(new Conv2dPointwise(conv, bias != null, activation, scale, keep, wide), in).get(0);
    }

    @Override
    public String name() {
        return "conv2d_pointwise";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        int second = conv.inputs();
        InferRules.arity(name(), in, second + (bias ? 2 : 1));
        TensorSpec middle = conv.infer(in.subList(0, second)).get(0);
        TensorSpec weight = in.get(second);
        InferRules.sameDType(name(), "x", in.get(0), "weight", weight);
        InferRules.rank(name(), "weight", weight, 4, "[P,1,1,O]");
        InferRules.same(name(), "weight", weight,
                new TensorSpec(Shape.of(weight.dim(0), 1, 1, middle.dim(3)), middle.dtype()));
        if (bias) {
            InferRules.bias(name(), in.get(0), weight, 0, in.get(second + 1));
        }
        TensorSpec y = new TensorSpec(middle.shape().with(3, weight.dim(0)),
                wide ? InferRules.wide(middle.dtype()) : middle.dtype());
        return keepMiddle ? List.of(y, middle) : List.of(y);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        int second = conv.inputs();
        NdArray y = out.get(0);
        NdArray weight = in.get(second);
        NdArray middle = keepMiddle ? out.get(1) : NdArray.zeros(y.shape().with(3, weight.dim(3)));
        conv.reference(in.subList(0, second), List.of(middle));
        int outputs = weight.dim(0);
        int channels = weight.dim(3);
        for (int i = 0; i < y.data().length; i++) {
            int pixel = i / outputs;
            int p = i % outputs;
            double sum = bias ? in.get(second + 1).data()[p] : 0;
            for (int o = 0; o < channels; o++) {
                sum += middle.data()[pixel * channels + o] * weight.data()[p * channels + o];
            }
            y.data()[i] = scale * (activation == Activation.NONE ? sum : activation.kind.value(sum));
        }
    }

    @Override
    public CastRule castRule() {
        return conv.castRule().and(conv.inputs());
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        long first = conv.products(in, conv.infer(in.subList(0, conv.inputs())).get(0));
        return OpCost.products(first + out.get(0).shape().numel() * in.get(conv.inputs()).dim(3), in, out);
    }

    @Override
    public Differentiability differentiability() {
        return keepMiddle ? Differentiability.ALL
                : Differentiability.none("conv2d_pointwise was asked not to keep the map between its convolutions");
    }

    @Override
    public Saves saves() {
        Saves both = Saves.inputs(0, 1, conv.inputs()).andOutputs(1);
        return activation == Activation.NONE ? both : both.andOutputs(0);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        int second = conv.inputs();
        Tensor[] grads = new Tensor[call.inputs()];
        Tensor middle = call.output(1);
        Tensor g = Cast.of(beforeActivation(call), middle.dtype());
        ConvGeometry everyPixel = ConvGeometry.square(1, 0);
        if (call.needs(second)) {
            grads[second] = Dispatcher.run1(new Conv2dBackwardWeight(everyPixel, 1, 1), middle, g);
        }
        if (bias && call.needs(second + 1)) {
            grads[second + 1] = SumTo.of(g.reshape(-1, g.dim(3)), call.inputSpec(second + 1));
        }
        boolean first = false;
        for (int i = 0; i < second; i++) {
            first |= call.needs(i);
        }
        if (first) {
            Op op = new Conv2dBackwardInput(everyPixel, middle.dim(1), middle.dim(2), conv.relu());
            Tensor weight = call.input(second);
            Tensor gradientOfMiddle = conv.relu() ? Dispatcher.run1(op, g, weight, middle)
                    : Dispatcher.run1(op, g, weight);
            // The largest map of a depth head, at the moment when a training step holds most.
            call.doneWithOutput(1);
            conv.gradients(call, gradientOfMiddle, grads);
        }
        return grads;
    }

    /** dy times the derivative of scale * f, which both its functions have from their result. */
    private Tensor beforeActivation(BackwardCall call) {
        Tensor g = call.gradOutput(0);
        if (activation == Activation.NONE) {
            return scale == 1 ? g : Affine.of(g, scale, 0);
        }
        if (scale == 1 || activation == Activation.RELU) {
            g = Dispatcher.run1(new UnaryBackward(activation.kind), call.output(0), g);
        } else {
            g = Dispatcher.run1(new UnaryBackward(activation.kind), Affine.of(call.output(0), 1 / scale, 0), g);
        }
        return scale == 1 ? g : Affine.of(g, scale, 0);
    }
}
