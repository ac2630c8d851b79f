package dev.fathom.tests.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tests.golden.Golden;
import dev.fathom.training.optim.LrSchedule;
import org.junit.jupiter.api.Test;

/** The schedules against the originals' factors, step by step. */
class LrScheduleTest {
    private static final JsonNode GOLDEN = new Golden("a_misc/schedules").json();

    @Test
    void cosineWithWarmup() {
        assertEquals(5, GOLDEN.get("cosine_with_warmup").size());
        for (JsonNode run : GOLDEN.get("cosine_with_warmup")) {
            var schedule = new LrSchedule.CosineWarmup(run.get("warmup").asLong(), run.get("total").asLong());
            compare(run.get("factor"), schedule);
        }
    }

    @Test
    void officialPoly() {
        assertEquals(2, GOLDEN.get("official_poly").size());
        for (JsonNode run : GOLDEN.get("official_poly")) {
            compare(run.get("factor_used_at_step"), new LrSchedule.OfficialPoly(run.get("total").asLong()));
        }
    }

    private static void compare(JsonNode factors, LrSchedule schedule) {
        assertTrue(factors.size() >= 5);
        for (int step = 0; step < factors.size(); step++) {
            assertEquals(factors.get(step).asDouble(), schedule.factor(step), 1e-14, schedule + " at step " + step);
        }
    }

    @Test
    void edges() {
        assertEquals(1, new LrSchedule.Constant().factor(1_000_000));
        assertEquals(0, new LrSchedule.OfficialPoly(10).factor(12), "past the end the rate is 0, not NaN");
        assertThrows(FathomException.class, () -> new LrSchedule.OfficialPoly(0));
        assertThrows(FathomException.class, () -> new LrSchedule.CosineWarmup(-1, 10));
        assertThrows(FathomException.class, () -> new LrSchedule.CosineWarmup(1, 0));
    }
}
