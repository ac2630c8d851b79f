package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The gradient of {@link GradientMatching} by pred: at each masked pixel, over the grids k that it is on and its up to four
 * masked neighbours j there,
 *
 * <pre>dL/dR_i = sum over k of 1/M_k sum sign(R_i - R_j)</pre>
 *
 * times dR/dpred; elsewhere 0. Inputs: pred, target, mask as in the forward; the statistics [2 scales] in float64, of
 * this batch or of a larger one that this is a part of; the gradient of the loss []. Output: of pred's shape.
 *
 * @param error as in the forward
 * @param scales as in the forward
 */
public record GradientMatchingBackward(PixelError error, int scales) implements Op {
    @Override
    public String name() {
        return "gradient_matching_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 5);
        GradientMatching.checkMaps(name(), in);
        InferRules.same(name(), "statistics", in.get(3), new GradientMatching(error, scales).statistics());
        MaskedLossBackward.checkScalar(name(), in.get(4), in.get(0));
        return List.of(in.get(0));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray mask = in.get(2);
        double[] errors = GradientMatching.errors(error, in);
        for (int n = 0; n < mask.dim(0); n++) {
            for (int y = 0; y < mask.dim(1); y++) {
                for (int x = 0; x < mask.dim(2); x++) {
                    int here = mask.at(n, y, x);
                    double signs = 0;
                    for (int k = 0; mask.data()[here] != 0 && k < scales && isOnGrid(y, x, k); k++) {
                        int step = 1 << k;
                        double sum = sign(mask, errors, here, n, y, x - step) + sign(mask, errors, here, n, y, x + step)
                                + sign(mask, errors, here, n, y - step, x) + sign(mask, errors, here, n, y + step, x);
                        signs += sum / in.get(3).data()[2 * k + 1];
                    }
                    out.get(0).data()[here] = signs == 0 ? 0
                            : signs * in.get(4).data()[0] * error.slope(in.get(0).data()[here]);
                }
            }
        }
    }

    /** Whether a pixel is on the grid of every 2^k-th row and column; what is on one is on all finer ones. */
    public static boolean isOnGrid(int y, int x, int k) {
        return (y | x) % (1 << k) == 0;
    }

    private static double sign(NdArray mask, double[] errors, int here, int n, int y, int x) {
        if (y < 0 || x < 0 || y >= mask.dim(1) || x >= mask.dim(2) || mask.data()[mask.at(n, y, x)] == 0) {
            return 0;
        }
        return Math.signum(errors[here] - errors[mask.at(n, y, x)]);
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
