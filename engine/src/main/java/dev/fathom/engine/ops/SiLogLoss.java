package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The scale-invariant log loss of Eigen et al. 2014, as Depth Anything V2's metric trainer computes it: over all masked
 * pixels of the batch together,
 *
 * <pre>d = ln(target) - ln(pred)        L = sqrt( mean(d^2) - lambda mean(d)^2 )</pre>
 *
 * <p>Inputs: pred and target of one shape, in metres, and mask (bool) of that shape, true where the target is valid.
 * Outputs: the loss [] and [mean(d), number of masked pixels], which the gradient reads.
 *
 * <p>What the original leaves undefined is defined here, and never NaN:
 * <ul>
 * <li>an empty mask: loss 0 and gradient 0 (original: NaN and 0);
 * <li>a perfect prediction, or any that leaves nothing under the root: loss 0 and gradient 0 (original: 0 and NaN);
 * <li>pred below {@value #EPSILON} m (a sigmoid that underflowed to 0; a negative value): the logarithm and the
 * gradient are those at {@value #EPSILON}, so such a pixel is still pushed up. The target is treated alike, but a
 * target that is not positive should be masked out.
 * </ul>
 * A NaN under the mask stays visible as a NaN loss. What is outside the mask is not looked at.
 *
 * <p>Numerics: logarithms of target/pred and all sums in float64, in pieces of a fixed size, on every backend. A 16-bit
 * pred is refused, as its logarithm would be one of three digits; {@link Autocast} casts it to float32 first.
 *
 * <p>Gradient by pred ({@link SiLogLossBackward}); target and mask are constants.
 *
 * @param lambda how much of the mean is forgiven: 0 is the plain log RMSE, 1 ignores the scale; 0.5 in the original
 */
public record SiLogLoss(double lambda) implements Op {
    /** Depths below this, in metres, count as this: a thousandth of the smallest depth that the trainers accept. */
    public static final double EPSILON = 1e-6;

    public SiLogLoss {
        if (!(lambda >= 0 && lambda <= 1)) {
            throw new FathomException("silog_loss: lambda is " + lambda
                    + ", but above 1 the root has no meaning and below 0 the loss"
                    + " punishes the scale twice; give a number from 0 to 1 (the original's is 0.5)");
        }
    }

    /** The loss [] with lambda 0.5. */
    public static Tensor of(Tensor pred, Tensor target, Tensor mask) {
        return of(pred, target, mask, 0.5);
    }

    /** The loss []. */
    public static Tensor of(Tensor pred, Tensor target, Tensor mask, double lambda) {
        return Dispatcher.run(new SiLogLoss(lambda), pred, target, mask).get(0);
    }

    @Override
    public String name() {
        return "silog_loss";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 3);
        checkPixels(name(), in);
        DType dtype = in.get(0).dtype();
        return List.of(new TensorSpec(Shape.SCALAR, dtype), new TensorSpec(Shape.of(2), dtype));
    }

    static void checkPixels(String op, List<TensorSpec> in) {
        InferRules.isFloat(op, "pred", in.get(0));
        InferRules.isWide(op, "pred", in.get(0), in.get(0));
        InferRules.sameDType(op, "pred", in.get(0), "target", in.get(1));
        InferRules.isDType(op, "mask", in.get(2), DType.BOOL);
        InferRules.sameShape(op, "pred", in.get(0), "target", in.get(1));
        InferRules.sameShape(op, "pred", in.get(0), "mask", in.get(2));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] pred = in.get(0).data();
        double[] target = in.get(1).data();
        double[] mask = in.get(2).data();
        double sum = 0;
        double squares = 0;
        double count = 0;
        for (int i = 0; i < pred.length; i++) {
            if (mask[i] != 0) {
                double d = logRatio(target[i], pred[i]);
                sum += d;
                squares += d * d;
                count++;
            }
        }
        out.get(0).data()[0] = loss(sum, squares, count);
        out.get(1).data()[0] = count == 0 ? 0 : sum / count;
        out.get(1).data()[1] = count;
    }

    /** d of one pixel: ln(target) - ln(pred), both at least {@link #EPSILON}. */
    public static double logRatio(double target, double pred) {
        return Math.log(Math.max(target, EPSILON) / Math.max(pred, EPSILON));
    }

    /** The loss from the sums over masked pixels of d and d^2 and their number. */
    public double loss(double sum, double squares, double count) {
        if (count == 0) {
            return 0;
        }
        double mean = sum / count;
        return Math.sqrt(Math.max(0, squares / count - lambda * mean * mean));
    }

    @Override
    public CastRule castRule() {
        return CastRule.WIDE;
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.inputs(0);
    }

    @Override
    public Saves saves() {
        return Saves.inputs(0, 1, 2).andOutputs(0, 1);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor dPred = Dispatcher.run1(new SiLogLossBackward(lambda), call.input(0), call.input(1), call.input(2),
                call.output(0), call.output(1), call.gradOutput(0), call.gradOutput(1));
        return new Tensor[] {dPred, null, null};
    }
}
