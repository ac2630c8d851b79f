package dev.fathom.tests.gpu;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.emulated.EmulatedDriver;
import dev.fathom.engine.cuda.emulated.EmulatedOptions;
import dev.fathom.engine.cuda.natives.CudaRuntime;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.tools.gpu.CheckPart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs suites on the GPU that is checked. They are written for {@code Device.emulated(0)}; here the backend of that
 * name works on the driver of the GPU instead, so not a line of them differs.
 */
public final class GpuSuite implements CheckPart {
    /** What the suites think they compute on. */
    static final Device DEVICE = Device.emulated(0);

    private static final String TESTS = "dev.fathom.tests.";
    private static final List<String> CLASSES = List.of("conformance.DeviceConformanceTest",
        "conformance.RoutesOnGpuTest", "conformance.PointShapesTest", "conformance.NormShapesTest",
        "cuda.kernels.SpecialValuesTest", "cuda.kernels.CastKernelTest", "gpu.RealGpuTest");
    /** Single tests of classes that also have others. */
    private static final List<String> METHODS = List.of("models.TinyGoldenTest#onTheEmulatedGpu(java.lang.String)");

    private final List<DiscoverySelector> selectors;

    public GpuSuite() {
        this(selectors());
    }

    /** Of some tests only. */
    GpuSuite(List<DiscoverySelector> selectors) {
        this.selectors = selectors;
    }

    /** All of them. */
    static List<DiscoverySelector> selectors() {
        List<DiscoverySelector> all = new ArrayList<>();
        CLASSES.forEach(c -> all.add(selectClass(TESTS + c)));
        METHODS.forEach(m -> all.add(selectMethod(TESTS + m)));
        return all;
    }

    @Override
    public String title() {
        return "Conformance and goldens";
    }

    @Override
    public Outcome run(Device device, Consumer<String> says) {
        Backends.close(DEVICE);
        CudaDriver driver = device.kind() == Device.Kind.CUDA ? CudaRuntime.open(device.index())
            : new EmulatedDriver(EmulatedOptions.defaults());
        Backends.install(new CudaBackend(DEVICE, driver));
        Counting counting = new Counting(says);
        try {
            LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request().selectors(selectors);
            if (device.kind() != Device.Kind.CUDA) {
                request.filters(TagFilter.excludeTags("gpu"));
            }
            LauncherFactory.create().execute(request.build(), counting);
        } finally {
            Backends.close(DEVICE);
        }
        return counting.outcome();
    }

    /** Counts tests by class, and keeps what failed. */
    private static final class Counting implements TestExecutionListener {
        private static final int LINES = 6;

        private final Consumer<String> says;
        private final List<String> table = new ArrayList<>();
        private final List<String> failures = new ArrayList<>();
        private TestPlan plan;
        private int passed;
        private int failed;
        private int skipped;

        Counting(Consumer<String> says) {
            this.says = says;
        }

        @Override
        public void testPlanExecutionStarted(TestPlan testPlan) {
            plan = testPlan;
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            skipped++;
            table.add("| " + name(test) + " | skipped: " + reason + " |");
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            switch (result.getStatus()) {
                case SUCCESSFUL -> passed += test.isTest() ? 1 : 0;
                case ABORTED -> skipped++;
                case FAILED -> {
                    failed++;
                    String text = result.getThrowable().map(Throwable::toString).orElse("no reason given");
                    says.accept("  FAILED " + name(test) + ": " + text.lines().findFirst().orElse(""));
                    failures.add("\n**" + name(test) + "**\n\n```\n"
                        + String.join("\n", text.lines().limit(LINES).toList()) + "\n```");
                }
            }
            if (test.isContainer() && plan.getParent(test).map(p -> plan.getParent(p).isEmpty()).orElse(false)) {
                says.accept("  " + test.getDisplayName() + ": " + passed + " passed, " + failed + " failed so far");
            }
        }

        private String name(TestIdentifier test) {
            List<String> path = new ArrayList<>(List.of(test.getDisplayName()));
            plan.getParent(test).ifPresent(p -> path.addFirst(p.getDisplayName()));
            return String.join(" ", path);
        }

        Outcome outcome() {
            List<String> lines = new ArrayList<>();
            lines.add(passed + " tests passed, " + failed + " failed, " + skipped + " skipped: "
                + String.join(", ", Arrays.asList(String.join(" ", CLASSES).replaceAll("\\w+\\.", "").split(" ")))
                + " and the tiny goldens.");
            if (!table.isEmpty()) {
                lines.addAll(List.of("", "| test | |", "|---|---|"));
                lines.addAll(table);
            }
            lines.addAll(failures);
            return new Outcome(lines, passed, failed, skipped);
        }
    }
}
