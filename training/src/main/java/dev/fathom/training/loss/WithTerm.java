package dev.fathom.training.loss;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.Cast;
import java.util.Arrays;

/**
 * A loss and a weight times another term. Statistics of the two lie one after another.
 *
 * @param data the loss
 * @param weight of the term, above 0
 * @param term what is added
 */
public record WithTerm(Objective data, double weight, Objective term) implements Objective {
    @Override
    public String name() {
        return data.name() + " + " + weight + " " + term.name();
    }

    @Override
    public Tensor of(Tensor pred, Tensor target, Tensor mask) {
        return Binary.add(data.of(pred, target, mask), Affine.of(term.of(pred, target, mask), weight, 0));
    }

    @Override
    public int rounds() {
        return Math.max(data.rounds(), term.rounds());
    }

    @Override
    public LossStatistics nothing() {
        return joined(data.nothing(), term.nothing());
    }

    /** Each in every round: what the one needs twice costs the other little. */
    @Override
    public LossStatistics statistics(Tensor pred, Tensor target, Tensor mask, LossStatistics before) {
        return joined(data.statistics(pred, target, mask, ofData(before)),
                term.statistics(pred, target, mask, ofTerm(before)));
    }

    @Override
    public boolean isKnownBeforehand() {
        return data.isKnownBeforehand() && term.isKnownBeforehand();
    }

    @Override
    public LossStatistics beforehand(Tensor target, Tensor mask) {
        return joined(data.beforehand(target, mask), term.beforehand(target, mask));
    }

    @Override
    public double value(LossStatistics whole) {
        return data.value(ofData(whole)) + weight * term.value(ofTerm(whole));
    }

    @Override
    public Tensor gradient(Tensor pred, Tensor target, Tensor mask, LossStatistics whole, double scale) {
        try (GradMode.Scope off = GradMode.noGrad(); MemoryScope scope = MemoryScope.open("gradient of two losses")) {
            Tensor wide = FusedLoss.wide(pred);
            Tensor sum = data.gradient(wide, target, mask, ofData(whole), scale);
            Dispatcher.run(new AddInPlace(), sum, term.gradient(wide, target, mask, ofTerm(whole), scale * weight));
            return scope.keep(sum.dtype() == pred.dtype() ? sum : Cast.of(sum, pred.dtype()));
        }
    }

    private static LossStatistics joined(LossStatistics a, LossStatistics b) {
        return LossStatistics.of(joined(a.sums(), b.sums()), joined(a.maxima(), b.maxima()));
    }

    private static double[] joined(double[] a, double[] b) {
        double[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private LossStatistics ofData(LossStatistics both) {
        LossStatistics own = data.nothing();
        return LossStatistics.of(Arrays.copyOf(both.sums(), own.sums().length),
                Arrays.copyOf(both.maxima(), own.maxima().length));
    }

    private LossStatistics ofTerm(LossStatistics both) {
        LossStatistics other = data.nothing();
        double[] sums = both.sums();
        double[] maxima = both.maxima();
        return LossStatistics.of(Arrays.copyOfRange(sums, other.sums().length, sums.length),
                Arrays.copyOfRange(maxima, other.maxima().length, maxima.length));
    }
}
