package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.errors.MissingGradientException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The multi-scale gradient matching term of MegaDepth (Li and Snavely 2018) and MiDaS (Ranftl et al. 2020): edges of the
 * prediction should lie where the target's lie. With R a pixel's {@link PixelError}, on every 2^k-th row and column,
 *
 * <pre>L = sum over k of  1/M_k  sum ( |R[y,x+1] - R[y,x]| + |R[y+1,x] - R[y,x]| )</pre>
 *
 * over neighbours of that grid that are both masked, M_k its number of masked pixels in the whole batch (MiDaS' batch-based
 * reduction). A scale without masked pixels adds 0.
 *
 * <p>Inputs: pred and target [N,H,W], mask (bool) [N,H,W]. Outputs: the loss [], and the statistics [2 scales] in float64:
 * for each scale the sum of differences and M_k. As in {@link MaskedLoss} they can be added up over the parts of a batch; an
 * empty mask and a perfect prediction give loss 0 and gradient 0; a NaN under the mask stays visible; errors and sums
 * are float64; a 16-bit pred is refused.
 *
 * <p>Gradient by pred ({@link GradientMatchingBackward}), through the loss alone. The derivative of |x| at 0 is 0.
 *
 * @param error {@link PixelError#LOG} as in MegaDepth, {@link PixelError#DIFFERENCE} as in MiDaS, which aligns before
 * @param scales how many grids, 4 in both
 */
public record GradientMatching(PixelError error, int scales) implements Op {
    /** More grids than this have one pixel a picture. */
    public static final int MOST_SCALES = 16;

    public GradientMatching {
        if (scales < 1 || scales > MOST_SCALES) {
            throw new FathomException("gradient_matching: takes 1 to " + MOST_SCALES + " scales, got " + scales);
        }
    }

    /** The loss [], recorded. */
    public Tensor of(Tensor pred, Tensor target, Tensor mask) {
        return Dispatcher.run(this, pred, target, mask).get(0);
    }

    @Override
    public String name() {
        return "gradient_matching";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 3);
        checkMaps(name(), in);
        return List.of(new TensorSpec(Shape.SCALAR, in.get(0).dtype()), statistics());
    }

    static void checkMaps(String op, List<TensorSpec> in) {
        InferRules.rank(op, "pred", in.get(0), 3, "[N,H,W]");
        MaskedLoss.checkPixels(op, in);
    }

    /** The second output's spec. */
    TensorSpec statistics() {
        return new TensorSpec(Shape.of(2 * scales), DType.F64);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray mask = in.get(2);
        double[] errors = errors(error, in);
        double[] statistics = out.get(1).data();
        for (int k = 0; k < scales; k++) {
            int step = 1 << k;
            for (int n = 0; n < mask.dim(0); n++) {
                for (int y = 0; y < mask.dim(1); y += step) {
                    for (int x = 0; x < mask.dim(2); x += step) {
                        int here = mask.at(n, y, x);
                        if (mask.data()[here] != 0) {
                            statistics[2 * k] += between(mask, errors, here, n, y, x + step)
                                    + between(mask, errors, here, n, y + step, x);
                            statistics[2 * k + 1]++;
                        }
                    }
                }
            }
        }
        out.get(0).data()[0] = loss(statistics);
    }

    /** Errors of all masked pixels, 0 elsewhere. */
    static double[] errors(PixelError error, List<NdArray> in) {
        double[] pred = in.get(0).data();
        double[] errors = new double[pred.length];
        for (int i = 0; i < errors.length; i++) {
            errors[i] = in.get(2).data()[i] == 0 ? 0 : error.of(in.get(1).data()[i], pred[i]);
        }
        return errors;
    }

    private static double between(NdArray mask, double[] errors, int here, int n, int y, int x) {
        if (y >= mask.dim(1) || x >= mask.dim(2) || mask.data()[mask.at(n, y, x)] == 0) {
            return 0;
        }
        return Math.abs(errors[mask.at(n, y, x)] - errors[here]);
    }

    /** The loss from sums and numbers of pixels of all scales. */
    public static double loss(double[] statistics) {
        double loss = 0;
        for (int k = 0; k < statistics.length; k += 2) {
            loss += statistics[k + 1] == 0 ? 0 : statistics[k] / statistics[k + 1];
        }
        return loss;
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
        return Saves.inputs(0, 1, 2).andOutputs(1);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        if (call.hasGradOutput(1)) {
            throw new MissingGradientException(name() + ": a gradient flows through the loss alone, not through its"
                    + " statistics");
        }
        return new Tensor[] {Dispatcher.run1(new GradientMatchingBackward(error, scales), call.input(0), call.input(1),
                call.input(2), call.output(1), call.gradOutput(0)), null, null};
    }
}
