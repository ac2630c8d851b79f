package dev.fathom.tests.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Cast;
import dev.fathom.training.loss.BerHu;
import dev.fathom.training.loss.L1;
import dev.fathom.training.loss.LossStatistics;
import dev.fathom.training.loss.Objective;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** A batch that is judged in parts is judged as the batch. */
class SplitLossTest {
    /** Unit roundoffs. */
    private static final double U64 = 0x1p-53;
    private static final double U32 = 0x1p-24;

    @Provide
    Arbitrary<Objective> losses() {
        return Arbitraries.of(Maps.LOSSES);
    }

    @Property(tries = 40)
    void onePartHasTheBitsOfTheRecordedOperation(@ForAll("losses") Objective loss, @ForAll long seed) {
        Maps maps = Maps.random(seed, 2, 9, 70, 0.7);
        for (Device device : List.of(Device.CPU, Device.REFERENCE)) {
            try (MemoryScope scope = MemoryScope.open("test")) {
                Tensor p = maps.pred(device).asParameter();
                Tensor value = loss.of(p, maps.target(device), maps.mask(device));
                LossStatistics whole = Maps.statistics(loss, device, List.of(maps));
                assertEquals(value.item(), loss.value(whole), 2 * U32 * value.item());
                Tensor cotangent = Tensor.allocate(value.spec(), device).copyFrom(new double[] {1024});
                assertArrayEquals(Backward.of(value, cotangent, null).of(p).toDoubles(),
                        maps.gradient(loss, device, whole, 1024));
            }
        }
    }

    /**
     * Random parts, some of them without a valid pixel. With M pixels, sums of the whole and of the parts are both within M u of
     * their terms' sizes, so what is under a root is off by at most r = 4 u sum e^2 / L^2 (times
     * 100 for ZoeDepth's factor) of itself; the loss and its gradient's factors by at most that, and by one rounding to float32 each. Counts and maxima are
     * exact, so what is made of them alone (L1, berHu, gradient matching) has the same bits.
     */
    @Property(tries = 80)
    void partsAreTheWhole(@ForAll("losses") Objective loss, @ForAll long seed) {
        Random random = new Random(seed);
        Maps maps = Maps.random(seed, 1 + random.nextInt(6), 1 + random.nextInt(20), 1 + random.nextInt(40),
                random.nextBoolean() ? 0.6 : 0.01);
        try (MemoryScope scope = MemoryScope.open("test")) {
            List<Maps> parts = parts(maps, random);
            LossStatistics whole = Maps.statistics(loss, Device.CPU, List.of(maps));
            LossStatistics merged = Maps.statistics(loss, Device.CPU, parts);
            double value = loss.value(whole);
            double r = relative(maps, value);
            assertEquals(value, loss.value(merged), (4 * maps.valid() * U64 + r) * value, loss.name());
            double[] expected = maps.gradient(loss, Device.CPU, whole, 3);
            int at = 0;
            for (Maps part : parts) {
                for (double g : part.gradient(loss, Device.CPU, merged, 3)) {
                    double terms = 3 * 10 * 10 / Math.max(1e-30, value) * (1 + largestLog(maps)) / Math.max(1, maps.valid())
                            / Math.max(1e-6, maps.pred()[at]);
                    assertEquals(expected[at], g, isExact(loss) ? 0 : 2 * U32 * Math.abs(g) + r * terms,
                            loss.name() + " at " + at);
                    at++;
                }
            }
            assertEquals(expected.length, at);
        }
    }

    private static boolean isExact(Objective loss) {
        return loss instanceof L1 || loss.name().startsWith("berhu");
    }

    private static double relative(Maps maps, double value) {
        double squares = 0;
        for (int i = 0; i < maps.pred().length; i++) {
            squares += maps.mask()[i] ? Math.pow(Math.log(maps.pred()[i] / maps.target()[i]), 2) : 0;
        }
        return value == 0 ? 0 : 4 * U64 * squares * 100 / (value * value);
    }

    private static double largestLog(Maps maps) {
        double most = 0;
        for (int i = 0; i < maps.pred().length; i++) {
            most = Math.max(most, Math.abs(Math.log(maps.pred()[i] / maps.target()[i])));
        }
        return most;
    }

    private static List<Maps> parts(Maps maps, Random random) {
        List<Maps> parts = new ArrayList<>();
        int from = 0;
        while (from < maps.n()) {
            int to = from + 1 + random.nextInt(maps.n() - from);
            parts.add(maps.pictures(from, to));
            from = to;
        }
        return parts;
    }

    /** What a batch's loss is not: the mean of its parts' losses. The tests above would pass for data that cannot tell. */
    @Test
    void theMeanOfPartsIsAnotherLoss() {
        Maps maps = Maps.random(5, 4, 6, 7, 0.5);
        for (Objective loss : Maps.LOSSES) {
            double whole = value(loss, maps);
            double mean = 0;
            for (int i = 0; i < 4; i++) {
                mean += value(loss, maps.pictures(i, i + 1)) / 4;
            }
            assertTrue(Math.abs(whole - mean) > 1e-4 * whole, loss.name() + " " + whole + " " + mean);
        }
    }

    private static double value(Objective loss, Maps maps) {
        try (MemoryScope scope = MemoryScope.open("value")) {
            return loss.value(Maps.statistics(loss, Device.CPU, List.of(maps)));
        }
    }

    /** A 16-bit prediction: judged in float32, and the gradient comes back in its dtype. */
    @Test
    void halfPredictions() {
        Maps maps = Maps.random(6, 1, 4, 5, 0.8);
        for (Objective loss : Maps.LOSSES) {
            try (MemoryScope scope = MemoryScope.open("test")) {
                Tensor half = Cast.of(maps.pred(Device.CPU), DType.F16);
                Maps rounded = maps.predicting(half.toDoubles());
                LossStatistics expected = Maps.statistics(loss, Device.CPU, List.of(rounded));
                LossStatistics whole = loss.nothing();
                for (int round = 0; round < loss.rounds(); round++) {
                    whole = loss.statistics(half, maps.target(Device.CPU), maps.mask(Device.CPU), whole);
                }
                assertEquals(expected, whole);
                Tensor g = loss.gradient(half, maps.target(Device.CPU), maps.mask(Device.CPU), whole, 1);
                assertEquals(DType.F16, g.dtype());
                assertArrayEquals(Cast.of(loss.gradient(rounded.pred(Device.CPU), maps.target(Device.CPU),
                        maps.mask(Device.CPU), whole, 1), DType.F16).toDoubles(), g.toDoubles(), loss.name());
            }
        }
    }

    @Test
    void statisticsOfDifferentLossesAreNotMerged() {
        assertThrows(IllegalArgumentException.class, () -> new BerHu().nothing().merge(new L1().nothing()));
        LossStatistics a = LossStatistics.of(new double[] {1, 2}, new double[] {3, 0});
        assertEquals(LossStatistics.of(new double[] {5, 1}, new double[] {3, 7}),
                a.merge(LossStatistics.of(new double[] {4, -1}, new double[] {2, 7})));
    }
}
