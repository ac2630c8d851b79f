package dev.fathom.tests.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.training.loss.BerHu;
import dev.fathom.training.loss.L1;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.loss.SiLogZoe;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where the originals give NaN or nothing at all, ours are defined: on each device, recorded and in parts. */
class LossCornersTest {
    private static final List<Device> DEVICES = List.of(Device.CPU, Device.REFERENCE, Device.emulated(0));

    private record Result(double loss, double[] gradient) {
    }

    static Stream<Objective> losses() {
        return Maps.LOSSES.stream();
    }

    /** The loss and its gradient, both ways, on each device. */
    private static void each(Objective loss, Maps maps, BiConsumer<String, Result> check) {
        for (Device device : DEVICES) {
            String where = loss.name() + " on " + device + " of " + maps + ": ";
            try (MemoryScope scope = MemoryScope.open("corner")) {
                Tensor p = maps.pred(device).asParameter();
                Tensor value = loss.of(p, maps.target(device), maps.mask(device));
                check.accept(where, new Result(value.item(), Backward.of(value).of(p).toDoubles()));
                var whole = Maps.statistics(loss, device, List.of(maps));
                check.accept(where + "in parts, ", new Result(loss.value(whole), maps.gradient(loss, device, whole, 1)));
            }
        }
    }

    private static void nothingToLearn(String where, Result r) {
        assertEquals(0, r.loss, where);
        assertArrayEquals(new double[r.gradient.length], r.gradient, where);
    }

    private static void finite(String where, Result r) {
        assertTrue(Double.isFinite(r.loss) && Arrays.stream(r.gradient).allMatch(Double::isFinite),
                () -> where + r.loss + " " + Arrays.toString(r.gradient));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void aPerfectPrediction(Objective loss) {
        Maps maps = Maps.random(1, 2, 5, 7, 0.6);
        each(loss, maps.predicting(maps.target()), LossCornersTest::nothingToLearn);
    }

    /** A batch of holes, one without pixels, and one in which holes hold what sensors leave in them. */
    @ParameterizedTest
    @MethodSource("losses")
    void anEmptyMask(Objective loss) {
        each(loss, Maps.random(2, 2, 5, 7, 0), LossCornersTest::nothingToLearn);
        each(loss, new Maps(new double[0], new double[0], new boolean[0], 0, 5, 7), LossCornersTest::nothingToLearn);
        each(loss, Maps.row(new double[] {1, Double.NaN, 3}, new double[] {Double.NaN, 0, Double.POSITIVE_INFINITY}, false,
                false, false), LossCornersTest::nothingToLearn);
    }

    /** The same error everywhere: nothing is left under a root that forgives the mean, or only rounding. */
    @ParameterizedTest
    @MethodSource("losses")
    void zeroVariance(Objective loss) {
        for (double factor : new double[] {2, 0.5, 1.1}) {
            Maps maps = Maps.random(3, 2, 5, 7, 0.8);
            double[] pred = Arrays.stream(maps.target()).map(t -> (float) (t * factor)).toArray();
            each(loss, maps.predicting(pred), LossCornersTest::finite);
        }
    }

    /** Doubling is exact, so with lambda 1 all that is left is rounding: no loss, and no gradient made of noise. */
    @Test
    void aForgivenScaleHasNoGradientEither() {
        Maps maps = Maps.random(3, 2, 25, 17, 0.8);
        Maps doubled = maps.predicting(Arrays.stream(maps.target()).map(t -> 2 * t).toArray());
        double one = 1 / Math.sqrt(maps.valid());
        each(new SiLog(1), doubled, (where, r) -> {
            assertEquals(0, r.loss, 1e-6, where);
            double norm = 0;
            for (int i = 0; i < r.gradient.length; i++) {
                norm += Math.pow(r.gradient[i] * doubled.pred()[i], 2);
            }
            // By ln pred, the gradient of errors that are not noise has a norm of about 1 / sqrt(M).
            assertTrue(Math.sqrt(norm) < 1e-4 * one, where + Math.sqrt(norm) + " beside " + one);
        });
    }

    @ParameterizedTest
    @MethodSource("losses")
    void onePixel(Objective loss) {
        each(loss, Maps.row(new double[] {3}, new double[] {2}, true), LossCornersTest::finite);
        each(loss, Maps.row(new double[] {3, Double.NaN}, new double[] {2, Double.NaN}, true, false),
                LossCornersTest::finite);
        each(loss, Maps.row(new double[] {2}, new double[] {2}, true), LossCornersTest::nothingToLearn);
    }

    /** Of one pixel 3 m instead of 2: the values by hand. */
    @Test
    void onePixelsValues() {
        Maps one = Maps.row(new double[] {3}, new double[] {2}, true);
        double d = Math.log(1.5);
        value(new SiLog(0.5), one, d * Math.sqrt(0.5), Math.sqrt(0.5) / 3);
        value(new SiLog(1), one, 0, 0);
        value(new SiLogZoe(0.15), one, 10 * Math.sqrt(0.15) * d, 10 * Math.sqrt(0.15) / 3);
        value(new L1(), one, 1, 1);
        value(new BerHu(), one, (1 + 0.04) / 0.4, 5);
    }

    private static void value(Objective loss, Maps maps, double expected, double gradient) {
        each(loss, maps, (where, r) -> {
            assertEquals(expected, r.loss, 1e-6 * Math.max(1, expected), where);
            assertEquals(gradient, r.gradient[0], 1e-6 * Math.max(1, gradient), where);
        });
    }

    /** Zeros of an underflown sigmoid, negative values, the smallest and very large numbers: finite, and pushed up where below. */
    @ParameterizedTest
    @MethodSource("losses")
    void strangePredictions(Objective loss) {
        Maps maps = Maps.row(new double[] {0, -3, 0x1p-149, 1e30f, 1e-30f, 2}, new double[] {1, 1, 1, 1, 1, 1}, true, true,
                true, true, true, true);
        each(loss, maps, LossCornersTest::finite);
        Maps low = Maps.row(new double[] {0, -3, 1}, new double[] {2, 2, 1}, true, true, true);
        for (Objective alone : List.of(new SiLog(0.5), new SiLogZoe(0.15), new L1(), new BerHu())) {
            each(alone, low, (where, r) -> assertTrue(r.gradient[0] < 0 && r.gradient[1] < 0,
                    where + "downhill is up: " + Arrays.toString(r.gradient)));
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void aNanUnderTheMaskStaysVisible(Objective loss) {
        each(loss, Maps.row(new double[] {1, Double.NaN, 3}, new double[] {2, 2, 2}, true, true, true),
                (where, r) -> assertTrue(Double.isNaN(r.loss), where + r.loss));
    }
}
