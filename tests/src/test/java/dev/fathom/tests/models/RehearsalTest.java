package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.models.depthanything.Rehearsal;
import org.junit.jupiter.api.Test;

class RehearsalTest {
    @Test
    void runsAllPassesAndLeavesNothing() throws InterruptedException {
        long before = HostAllocator.shared().stats().liveBytes();
        Rehearsal rehearsal = Rehearsal.start();
        while (rehearsal.passes() < Rehearsal.PASSES) {
            assertTrue(threads() > 0 || rehearsal.passes() == Rehearsal.PASSES, "it ended after "
                    + rehearsal.passes() + " passes");
            Thread.sleep(1);
        }
        rehearsal.close();
        assertEquals(Rehearsal.PASSES, rehearsal.passes());
        assertEquals(0, threads());
        assertEquals(before, HostAllocator.shared().stats().liveBytes());
    }

    @Test
    void endsAfterThePassThatItIsIn() {
        long before = HostAllocator.shared().stats().liveBytes();
        Rehearsal rehearsal = Rehearsal.start();
        rehearsal.close();
        rehearsal.close();
        assertTrue(rehearsal.passes() <= 1, "passes: " + rehearsal.passes());
        assertEquals(0, threads());
        assertEquals(before, HostAllocator.shared().stats().liveBytes());
    }

    @Test
    void onceAProcessAndForTheCpuAlone() {
        try (Rehearsal other = Rehearsal.startFor(Device.REFERENCE)) {
            assertEquals(0, threads());
            assertEquals(0, other.passes());
        }
        Rehearsal.startFor(Device.CPU).close();
        try (Rehearsal second = Rehearsal.startFor(Device.CPU)) {
            assertEquals(0, threads());
            assertEquals(0, second.passes());
        }
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().equals("fathom-rehearsal")).count();
    }
}
