package dev.fathom.tests.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.training.optim.LrSchedule;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every schedule promises, whatever its length; one-cycle against the numbers of its definition. */
class SchedulePropertiesTest {
    private static LrSchedule schedule(int kind, long warmup, long total) {
        return switch (kind) {
            case 0 -> new LrSchedule.CosineWarmup(warmup, total);
            case 1 -> new LrSchedule.Warmup(warmup, new LrSchedule.OfficialPoly(Math.max(1, total - warmup)));
            case 2 -> new LrSchedule.Warmup(warmup, new LrSchedule.Constant());
            default -> new LrSchedule.OneCycle(total);
        };
    }

    /** Between 0 and 1; no jump beyond the steepest slope of its curve; warm-up in even steps up to exactly 1. */
    @Property(tries = 300)
    void boundedContinuousAndWarm(@ForAll @IntRange(min = 0, max = 3) int kind,
            @ForAll @LongRange(min = 2, max = 3000) long total, @ForAll @IntRange(min = 0, max = 100) int percent) {
        long warmup = kind == 3 ? 0 : Math.min(total - 1, total * percent / 100);
        LrSchedule schedule = schedule(kind, warmup, total);
        long rest = total - warmup;
        double falling = switch (kind) {
            case 0 -> Math.PI / 2 / rest;
            // (1 - x)^0.9 is steepest at its end: from 1/rest to 0 it falls by rest^-0.9.
            case 1 -> Math.pow(rest, -0.9);
            case 2 -> 0;
            default -> Math.PI / 2 / Math.min(Math.max(1, 0.3 * total - 1), 0.7 * total);
        };
        double steepest = Math.max(falling, warmup > 0 ? 1.0 / warmup : 0) + 1e-12;
        double before = schedule.factor(0);
        for (long step = 0; step < total; step++) {
            double factor = schedule.factor(step);
            assertTrue(factor >= 0 && factor <= 1, schedule + " at " + step + ": " + factor);
            assertTrue(Math.abs(factor - before) <= steepest, schedule + " jumps at " + step);
            if (step <= warmup && warmup > 0) {
                assertEquals((double) step / warmup, factor, 1e-15, "a straight line that reaches 1");
            } else if (kind != 3) {
                assertTrue(factor <= before, schedule + " rises again at " + step);
            }
            before = factor;
        }
        if (kind != 3) {
            assertEquals(1, schedule.factor(warmup), "warm-up reaches the full rate");
        }
        if (kind == 0) {
            assertEquals(0, schedule.factor(total), 1e-15, "the cosine ends with the training");
        }
        if (kind == 3) {
            assertEquals(1 / 250000.0, schedule.factor(total - 1), 1e-18, "the last step has the smallest rate");
        }
    }

    /** A resumed run asks a new schedule about a position in the middle; that is all it knows. */
    @Property(tries = 100)
    void thePositionAloneDecides(@ForAll @IntRange(min = 0, max = 3) int kind,
            @ForAll @LongRange(min = 2, max = 500) long total, @ForAll @LongRange(min = 0, max = 499) long from) {
        LrSchedule whole = schedule(kind, total / 4, total);
        for (long step = 0; step < from; step++) {
            whole.factor(step);
        }
        for (long step = from; step < total; step++) {
            assertEquals(whole.factor(step), schedule(kind, total / 4, total).factor(step));
        }
    }

    /**
     * PyTorch's documentation: from lr/25 over 0.3 * 10 - 1 = 2 steps to lr, then over 7 to lr/25/1e4, along cosines.
     * Worked out in decimals of 40 digits, the cosine by its series, from its _annealing_cos: b + (a - b)/2 (1 + cos(pi p)).
     */
    @ParameterizedTest
    @CsvSource({"0, 0.04", "1, 0.52", "2, 1", "3, 0.950484632013", "4, 0.811745653949",
            "5, 0.611262021936", "6, 0.388741978063", "7, 0.188258346050", "8, 0.049519367986", "9, 0.000004"})
    void oneCycleOfTenSteps(long step, double factor) {
        assertEquals(factor, new LrSchedule.OneCycle(10).factor(step), 2e-12);
    }

    /** 0.3 * 25 - 1 = 6.5: the top lies between two steps. */
    @ParameterizedTest
    @CsvSource({"0, 0.04", "6, 0.986052072364", "7, 0.997987155049", "24, 0.000004"})
    void oneCycleWhoseTopIsNoStep(long step, double factor) {
        assertEquals(factor, new LrSchedule.OneCycle(25).factor(step), 2e-12);
    }

    @Test
    void oneCyclesTooShortToRise() {
        assertEquals(1 / 250000.0, new LrSchedule.OneCycle(1).factor(0), 1e-18);
        assertTrue(new LrSchedule.OneCycle(2).factor(0) < 1);
        assertEquals(1 / 250000.0, new LrSchedule.OneCycle(2).factor(1), 1e-18);
        assertEquals(1 / 250000.0, new LrSchedule.OneCycle(2).factor(5), 1e-18, "past the end");
    }
}
