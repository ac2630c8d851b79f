package dev.fathom.tests.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.PixelError;
import dev.fathom.training.loss.BerHu;
import dev.fathom.training.loss.GradientTerm;
import dev.fathom.training.loss.L1;
import dev.fathom.training.loss.LossStatistics;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.loss.SiLogZoe;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;

/** What the losses are, whatever the maps: their invariances, how they relate, and that their gradients are gradients. */
class LossPropertiesTest {
    /** Of a float64 loss: sums of at most a few hundred terms and a root. */
    private static final double ROUNDING = 1e-11;

    @Provide
    Arbitrary<Maps> maps() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.integers().between(1, 3),
                Arbitraries.of(1, 2, 3, 7, 9), Arbitraries.of(1, 2, 5, 8, 17), Arbitraries.of(1.0, 0.7, 0.1))
                .as(Maps::random);
    }

    private static double value(Objective loss, Maps maps) {
        try (MemoryScope scope = MemoryScope.open("value")) {
            return loss.value(Maps.statistics(loss, Device.REFERENCE, List.of(maps)));
        }
    }

    private static Maps scaled(Maps m, double pred, double target) {
        return new Maps(Arrays.stream(m.pred()).map(p -> p * pred).toArray(),
                Arrays.stream(m.target()).map(t -> t * target).toArray(), m.mask(), m.n(), m.h(), m.w());
    }

    /** The square of what is under the root is what rounding moves, so squares are compared. */
    private static void same(double expected, double actual) {
        assertEquals(expected * expected, actual * actual, ROUNDING * Math.max(1, expected * expected));
    }

    @Property(tries = 60)
    void whatForgivesTheScaleIgnoresIt(@ForAll("maps") Maps maps, @ForAll @DoubleRange(min = 0.1, max = 10) double s) {
        same(value(new SiLog(1), maps), value(new SiLog(1), scaled(maps, s, 1)));
        Objective edges = new GradientTerm(new GradientMatching(PixelError.LOG, 4));
        same(value(edges, maps), value(edges, scaled(maps, s, 1)));
    }

    /** With another lambda it costs: by (1 - lambda) ln(s)^2 where the prediction was perfect before. */
    @Property(tries = 30)
    void whatDoesNotForgiveItDoesNot(@ForAll("maps") Maps maps, @ForAll @DoubleRange(min = 1.5, max = 10) double s) {
        Maps wrong = scaled(maps.predicting(maps.target()), s, 1);
        double squared = maps.valid() == 0 ? 0 : Math.log(s) * Math.log(s);
        same(Math.sqrt(0.5 * squared), value(new SiLog(0.5), wrong));
        same(Math.sqrt(squared), value(new SiLog(0), wrong));
    }

    /** A metre for a foot changes nothing but the unit. */
    @Property(tries = 30)
    void unitsArePassedThrough(@ForAll("maps") Maps maps, @ForAll @DoubleRange(min = 0.1, max = 10) double s) {
        same(value(new SiLog(0.5), maps), value(new SiLog(0.5), scaled(maps, s, s)));
        same(s * value(new L1(), maps), value(new L1(), scaled(maps, s, s)));
        same(s * value(new BerHu(), maps), value(new BerHu(), scaled(maps, s, s)));
    }

    /** ZoeDepth's form is ten times SiLog with lambda 0.85, but for the unbiased variance and an epsilon of 1e-7 m. */
    @Property(tries = 30)
    void zoesFormIsTenTimesSiLog(@ForAll("maps") Maps maps) {
        double m = maps.valid();
        if (m > 1) {
            double squares = Math.pow(value(new SiLog(0), maps), 2);
            double variance = Math.pow(value(new SiLog(1), maps), 2);
            double expected = 100 * (variance * m / (m - 1) + 0.15 * (squares - variance));
            assertEquals(expected, Math.pow(value(new SiLogZoe(0.15), maps), 2), 1e-5 * expected);
        }
    }

    /** (e^2 + c^2) / 2c is never below |e|, and at most 2.6 |e| where |e| <= 5 c. */
    @Property(tries = 30)
    void berHuIsAtLeastL1(@ForAll("maps") Maps maps) {
        double l1 = value(new L1(), maps);
        double berHu = value(new BerHu(), maps);
        assertTrue(berHu >= l1 * (1 - ROUNDING) && berHu <= 2.6 * l1 * (1 + ROUNDING), berHu + " beside " + l1);
    }

    /**
     * The gradient from the statistics, against central differences of the value from the statistics, along a random direction. The
     * direction leaves the pixel of the largest error alone: berHu's threshold is a constant by definition.
     */
    @Property(tries = 40)
    void gradientsAreGradients(@ForAll("maps") Maps maps, @ForAll long seed) {
        double step = 1e-6;
        double[] direction = direction(maps, seed);
        Maps ahead = moved(maps, direction, step);
        Maps behind = moved(maps, direction, -step);
        Assume.that(!isBent(maps, ahead, behind));
        for (Objective loss : Maps.LOSSES) {
            double numeric = (value(loss, ahead) - value(loss, behind)) / (2 * step);
            double analytic = 0;
            double size = 0;
            try (MemoryScope scope = MemoryScope.open("gradient")) {
                LossStatistics whole = Maps.statistics(loss, Device.REFERENCE, List.of(maps));
                double[] g = maps.gradient(loss, Device.REFERENCE, whole, 1);
                for (int i = 0; i < g.length; i++) {
                    analytic += g[i] * direction[i];
                    size += Math.abs(g[i] * direction[i]);
                }
                // The third derivative of logarithms of 0.2 m, and of a root of what is small, times step^2; 16 u / step.
                double curvature = 1 + 1 / Math.pow(Math.max(1e-3, loss.value(whole)), 2);
                assertEquals(analytic, numeric, 1e-8 + 1e-7 * size * curvature, loss.name());
            }
        }
    }

    private static double[] direction(Maps maps, long seed) {
        Random random = new Random(seed);
        double[] direction = random.doubles(maps.pred().length, -1, 1).toArray();
        int worst = -1;
        for (int i = 0; i < direction.length; i++) {
            double e = maps.mask()[i] ? Math.abs(maps.pred()[i] - maps.target()[i]) : -1;
            if (e >= 0 && (worst < 0 || e > Math.abs(maps.pred()[worst] - maps.target()[worst]))) {
                worst = i;
            }
        }
        if (worst >= 0) {
            direction[worst] = 0;
        }
        return direction;
    }

    /** Whether an error, a difference of neighbouring errors or who has the largest error changes its sign on the way. */
    private static boolean isBent(Maps maps, Maps a, Maps b) {
        double[] largest = new double[2];
        for (int i = 0; i < maps.pred().length; i++) {
            if (maps.mask()[i]) {
                double e = a.pred()[i] - a.target()[i];
                largest[1] = Math.max(largest[1], Math.min(largest[0], Math.abs(e)));
                largest[0] = Math.max(largest[0], Math.abs(e));
                boolean bent = turns(e, b.pred()[i] - b.target()[i]);
                for (int step = 1; step <= 8; step *= 2) {
                    int right = i % maps.w() + step < maps.w() ? i + step : i;
                    int below = i / maps.w() % maps.h() + step < maps.h() ? i + step * maps.w() : i;
                    bent |= turns(log(a, i) - log(a, right), log(b, i) - log(b, right))
                            | turns(log(a, i) - log(a, below), log(b, i) - log(b, below));
                }
                if (bent) {
                    return true;
                }
            }
        }
        return largest[1] > largest[0] - 1e-5 && maps.valid() > 1;
    }

    private static double log(Maps maps, int i) {
        return Math.log(maps.pred()[i] / maps.target()[i]);
    }

    private static boolean turns(double ahead, double behind) {
        return Math.signum(ahead) != Math.signum(behind);
    }

    private static Maps moved(Maps maps, double[] direction, double step) {
        double[] pred = maps.pred().clone();
        for (int i = 0; i < pred.length; i++) {
            pred[i] += step * direction[i];
        }
        return maps.predicting(pred);
    }
}
