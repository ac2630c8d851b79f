package dev.fathom.tests.memory;

import static org.junit.jupiter.api.Assertions.assertNull;

import dev.fathom.engine.memory.DeadArrays;
import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

/** What is dead goes when enough has been reported, and not only once. */
class DeadArraysTest {
    @Test
    void whatIsDeadIsCollectedAgainAndAgain() {
        DeadArrays dead = new DeadArrays(1000);
        for (int round = 0; round < 2; round++) {
            WeakReference<byte[]> array = new WeakReference<>(new byte[100]);
            dead.add(600);
            dead.add(600);
            assertNull(array.get(), "round " + round);
        }
    }
}
