package dev.fathom.tests.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Affine;
import dev.fathom.tools.gpu.CheckPart;
import dev.fathom.tools.gpu.GpuCheck;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The suites are found by {@code gpu check}, all of them exist, and what fails in them is counted and named. */
class GpuSuiteTest {
    @Test
    void theSuiteIsFoundAndItsTestsExist() {
        List<CheckPart> parts = GpuCheck.found();
        assertEquals(List.of(GpuSuite.class), parts.stream().<Object>map(Object::getClass).toList());
        TestPlan plan = LauncherFactory.create().discover(LauncherDiscoveryRequestBuilder.request()
            .selectors(GpuSuite.selectors()).build());
        List<String> classes = plan.getRoots().stream().flatMap(r -> plan.getChildren(r).stream())
            .map(c -> c.getDisplayName()).toList();
        assertEquals(GpuSuite.selectors().size(), classes.size(), classes::toString);
    }

    /** Not a test of its own: surefire does not look into other classes. */
    static final class Fixture {
        @Test
        void computesOnTheDevice() {
            try (MemoryScope scope = MemoryScope.open("fixture")) {
                assertEquals(7, Affine.of(Tensors.of(new float[] {3}, 1).to(GpuSuite.DEVICE), 2, 1).item());
            }
        }

        @Test
        void fails() {
            fail("of course");
        }
    }

    @Test
    void failuresAreCountedAndNamed() {
        List<String> words = new ArrayList<>();
        CheckPart.Outcome outcome = new GpuSuite(List.of(selectClass(Fixture.class), selectMethod(
            "dev.fathom.tests.cuda.kernels.SpecialValuesTest#aProductWithoutShiftKeepsTheSignOfZero()")))
            .run(Device.emulated(0), words::add);
        assertEquals(2, outcome.passed());
        assertEquals(1, outcome.failed());
        String text = String.join("\n", outcome.lines());
        assertTrue(text.startsWith("2 tests passed, 1 failed") && text.contains("fails()")
            && text.contains("of course"),
            text);
        assertTrue(words.stream().anyMatch(w -> w.contains("FAILED") && w.contains("fails()")), words::toString);
    }
}
