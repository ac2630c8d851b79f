package dev.fathom.tests.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.optim.GradScaler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loss scale, by {@code torch.amp.GradScaler}'s rules: x 2 after 2000 finite steps in a row, x 0.5 at once. */
class GradScalerTest {
    private static void steps(GradScaler scaler, int count) {
        for (int i = 0; i < count; i++) {
            scaler.update(true);
        }
    }

    @Test
    void growsAfterTwoThousandFiniteStepsInARow() {
        GradScaler scaler = GradScaler.from(GradScaler.INITIAL_SCALE);
        assertEquals(65536, scaler.scale());
        steps(scaler, 1999);
        assertEquals(65536, scaler.scale());
        steps(scaler, 1);
        assertEquals(131072, scaler.scale());
        steps(scaler, 2000);
        assertEquals(262144, scaler.scale());
    }

    @Test
    void backsOffAtOnceAndCountsAnew() {
        GradScaler scaler = GradScaler.from(GradScaler.INITIAL_SCALE);
        steps(scaler, 1999);
        scaler.update(false);
        assertEquals(32768, scaler.scale());
        scaler.update(false);
        assertEquals(16384, scaler.scale());
        steps(scaler, 1999);
        assertEquals(16384, scaler.scale(), "the steps before an overflow do not count");
        steps(scaler, 1);
        assertEquals(32768, scaler.scale());
    }

    @Test
    void neverGrowsBeyondFloat32() {
        GradScaler scaler = GradScaler.from(0x1p127);
        steps(scaler, 2000);
        assertEquals(0x1p127, scaler.scale());
        assertEquals(0, scaler.state().growthTracker());
    }

    @Test
    void goesOnFromItsState() {
        GradScaler whole = GradScaler.from(1024);
        steps(whole, 1500);
        GradScaler resumed = GradScaler.of(whole.state());
        steps(resumed, 499);
        assertEquals(1024, resumed.scale());
        steps(resumed, 1);
        assertEquals(2048, resumed.scale());
    }

    @Test
    void offIsOneForEver() {
        GradScaler off = GradScaler.off();
        off.update(false);
        steps(off, 4000);
        assertEquals(1, off.scale());
        assertFalse(off.isOn());
        assertTrue(GradScaler.from(1).isOn());
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -2, 3, 0.5, 65535, Double.NaN, Double.POSITIVE_INFINITY, 0x1p128})
    void refusesWhatIsNoScale(double scale) {
        assertThrows(FathomException.class, () -> GradScaler.from(scale));
        assertThrows(FathomException.class, () -> GradScaler.of(new GradScaler.State(scale, 0)));
    }

    @Test
    void refusesADamagedState() {
        assertThrows(FathomException.class, () -> GradScaler.of(new GradScaler.State(2, -1)));
        assertThrows(FathomException.class, () -> GradScaler.of(new GradScaler.State(2, 2000)));
    }
}
