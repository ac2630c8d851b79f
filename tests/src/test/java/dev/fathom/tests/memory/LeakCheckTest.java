package dev.fathom.tests.memory;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.fathom.engine.Tensors;
import dev.fathom.engine.memory.MemoryScope;
import java.util.List;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** The leak check itself, and that both test engines run it around classes that never heard of it. */
class LeakCheckTest {
    /** The classes below leak only when this test runs them. */
    private static boolean armed;
    private static MemoryScope leaked;

    static class LeakingClass {
        @Test
        void leaks() {
            leak();
        }
    }

    static class LeakingProperties {
        @Property(tries = 1)
        void leaks() {
            leak();
        }
    }

    private static void leak() {
        if (armed) {
            leaked = MemoryScope.open("forgotten");
            Tensors.of(new float[] {1}, 1);
        }
    }

    @Test
    void aLeakedElementFails() {
        LeakCheck check = new LeakCheck();
        check.begin();
        try (MemoryScope scope = MemoryScope.open("forgotten")) {
            Tensors.of(new float[] {1}, 1);
            String message = assertThrows(AssertionError.class, () -> check.end("SomeTest")).getMessage();
            assertTrue(message.startsWith("SomeTest left 64 bytes"), message);
        }
    }

    @Test
    void anOpenScopeFails() {
        LeakCheck check = new LeakCheck();
        check.begin();
        try (MemoryScope scope = MemoryScope.open("forgotten")) {
            String message = assertThrows(AssertionError.class, () -> check.end("SomeTest")).getMessage();
            assertTrue(message.contains("'forgotten' open"), message);
        }
    }

    @Test
    void junitClassesAreWatched() {
        assertTrue(failuresOf(LeakingClass.class).stream().anyMatch(m -> m.contains("bytes of tensor memory behind")));
    }

    @Test
    void jqwikClassesAreWatched() {
        assertTrue(failuresOf(LeakingProperties.class).stream()
                .anyMatch(m -> m.contains("bytes of tensor memory behind")));
    }

    private static List<String> failuresOf(Class<?> testClass) {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(selectClass(testClass))
                .build();
        armed = true;
        LauncherFactory.create().execute(request, listener);
        armed = false;
        leaked.close();
        return listener.getSummary().getFailures().stream().map(f -> String.valueOf(f.getException().getMessage()))
                .toList();
    }
}
