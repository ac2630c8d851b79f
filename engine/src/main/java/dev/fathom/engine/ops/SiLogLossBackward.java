package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The gradient of {@link SiLogLoss} by pred. With L the loss, m the mean of d and M the number of masked pixels,
 *
 * <pre>
 * dL/dpred = -(d - lambda m) / (M L max(pred, epsilon))     under the mask, where L &gt; 0; else 0
 * dm/dpred = -1 / (M max(pred, epsilon))                    under the mask; else 0
 * </pre>
 *
 * <p>Inputs: pred, target, mask as in the forward, its two outputs L [] and [m, M], and their gradients. Output: of
 * pred's shape.
 *
 * @param lambda as in the forward
 */
public record SiLogLossBackward(double lambda) implements Op {
    private static final List<String> ARGUMENTS = List.of("pred", "target", "mask", "loss", "statistics", "dloss",
            "dstatistics");

    @Override
    public String name() {
        return "silog_loss_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 7);
        SiLogLoss.checkPixels(name(), in);
        for (int i = 3; i < 7; i++) {
            InferRules.sameDType(name(), "pred", in.get(0), ARGUMENTS.get(i), in.get(i));
            Shape expected = i % 2 == 1 ? Shape.SCALAR : Shape.of(2);
            if (!in.get(i).shape().equals(expected)) {
                throw new ShapeException(name() + ": " + ARGUMENTS.get(i) + " must be " + expected + ", got "
                        + in.get(i).shape());
            }
        }
        return List.of(in.get(0));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] pred = in.get(0).data();
        double[] target = in.get(1).data();
        double[] mask = in.get(2).data();
        double[] dPred = out.get(0).data();
        double mean = in.get(4).data()[0];
        double count = in.get(4).data()[1];
        double slope = slope(in.get(3).data()[0], count, in.get(5).data()[0]);
        double shift = shift(mean, slope, count, in.get(6).data()[0]);
        for (int i = 0; i < dPred.length; i++) {
            dPred[i] = mask[i] != 0 ? pixel(target[i], pred[i], slope, shift) : 0;
        }
    }

    /** What a pixel's d is multiplied by: dloss / (M L); 0 where the loss is 0, which includes an empty mask. */
    public static double slope(double loss, double count, double dLoss) {
        return loss == 0 ? 0 : dLoss / (count * loss);
    }

    /** What is added to that, the same for all pixels: the parts that come through the mean. */
    public double shift(double mean, double slope, double count, double dMean) {
        return count == 0 ? 0 : dMean / count - slope * lambda * mean;
    }

    /** The gradient of one masked pixel. */
    public static double pixel(double target, double pred, double slope, double shift) {
        double through = slope == 0 ? shift : slope * SiLogLoss.logRatio(target, pred) + shift;
        return (0 - through) / Math.max(pred, SiLogLoss.EPSILON);       // 0 - 0 is 0; -0 would be a zero of its own
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it is itself a gradient");
    }
}
