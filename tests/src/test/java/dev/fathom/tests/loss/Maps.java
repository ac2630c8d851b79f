package dev.fathom.tests.loss;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.training.loss.BerHu;
import dev.fathom.training.loss.L1;
import dev.fathom.training.loss.LossStatistics;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.loss.SiLogZoe;
import dev.fathom.training.options.LossOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Predicted and true depth with a mask, [N,H,W], on the host.
 *
 * @param pred   predicted, metres
 * @param target true, metres
 * @param mask   which pixels are valid
 * @param n      pictures
 * @param h      rows
 * @param w      columns
 */
record Maps(double[] pred, double[] target, boolean[] mask, int n, int h, int w) {
    /** Every loss that a command line can name, with and without gradient matching. */
    static final List<Objective> LOSSES = List.of(new SiLog(0.5), new SiLog(1), new SiLog(0), new SiLogZoe(0.15),
            new SiLogZoe(0), new L1(), new BerHu(),
            LossOptions.siLog(0.85).withGradientMatching(0.5, 4).objective(),
            LossOptions.of(LossOptions.Kind.BERHU).withGradientMatching(2, 3).objective());

    /** Depths of 0.2 to 8 m, a part of them valid; float32 numbers. */
    static Maps random(long seed, int n, int h, int w, double valid) {
        Random random = new Random(seed);
        double[][] depths = new double[2][n * h * w];
        boolean[] mask = new boolean[n * h * w];
        for (int i = 0; i < mask.length; i++) {
            depths[0][i] = (float) (0.2 + 7.8 * random.nextDouble());
            depths[1][i] = (float) (0.2 + 7.8 * random.nextDouble());
            mask[i] = random.nextDouble() < valid;
        }
        return new Maps(depths[0], depths[1], mask, n, h, w);
    }

    /** One row of pixels. */
    static Maps row(double[] pred, double[] target, boolean... mask) {
        return new Maps(pred, target, mask, 1, 1, pred.length);
    }

    /** The same truth, another prediction. */
    Maps predicting(double... other) {
        return new Maps(other, target, mask, n, h, w);
    }

    /** Pictures [from, to). */
    Maps pictures(int from, int to) {
        int all = h * w;
        return new Maps(Arrays.copyOfRange(pred, from * all, to * all), Arrays.copyOfRange(target, from * all, to * all),
                Arrays.copyOfRange(mask, from * all, to * all), to - from, h, w);
    }

    int valid() {
        int count = 0;
        for (boolean m : mask) {
            count += m ? 1 : 0;
        }
        return count;
    }

    Tensor pred(Device device) {
        return tensor(pred, device);
    }

    Tensor target(Device device) {
        return tensor(target, device);
    }

    Tensor mask(Device device) {
        double[] values = new double[mask.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = mask[i] ? 1 : 0;
        }
        return Tensor.allocate(new TensorSpec(Shape.of(n, h, w), DType.BOOL), device).copyFrom(values);
    }

    private Tensor tensor(double[] values, Device device) {
        DType dtype = device.equals(Device.REFERENCE) ? DType.F64 : DType.F32;
        return Tensor.allocate(new TensorSpec(Shape.of(n, h, w), dtype), device).copyFrom(values);
    }

    /** The statistics of a batch in these parts, as {@link Objective} says to find them. */
    static LossStatistics statistics(Objective loss, Device device, List<Maps> parts) {
        LossStatistics whole = loss.nothing();
        for (int round = 0; round < loss.rounds(); round++) {
            LossStatistics before = whole;
            whole = loss.nothing();
            for (Maps part : parts) {
                whole = whole.merge(loss.statistics(part.pred(device), part.target(device), part.mask(device), before));
            }
        }
        return whole;
    }

    /** The gradient of this part. */
    double[] gradient(Objective loss, Device device, LossStatistics whole, double scale) {
        return loss.gradient(pred(device), target(device), mask(device), whole, scale).toDoubles();
    }

    @Override
    public String toString() {
        return "[" + n + ", " + h + ", " + w + "], " + valid() + " valid";
    }
}
