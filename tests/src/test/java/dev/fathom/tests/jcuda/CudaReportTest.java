package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.fathom.engine.cuda.natives.CudaReport;
import dev.fathom.engine.cuda.natives.CudaReport.Driver;
import dev.fathom.engine.cuda.natives.CudaReport.Gpu;
import dev.fathom.engine.cuda.natives.CudaReport.Library;
import dev.fathom.engine.cuda.natives.CudaSymbols;
import dev.fathom.engine.cuda.natives.ElfFile;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What follows from facts, without any library; and that the facts asked for are those the code relies on. */
class CudaReportTest {
    private static final Driver DRIVER = new Driver("/usr/lib/libcuda.so.1", null, 12080, 0, List.of());
    private static final Library CUBLAS =
        new Library("cuBLAS", List.of("libcublas.so.12"), "/x/libcublas.so.12", "system", null, 120604, 12060,
        List.of());
    private static final Library CUDNN =
        new Library("cuDNN", List.of("libcudnn.so.9"), "/x/libcudnn.so.9", "system", null, 90501, 12060, List.of());
    private static final List<Gpu> GPUS = List.of(new Gpu(0, "A", 61, 1), new Gpu(1, "B", 90, 1));

    private static String problem(String system, Driver driver, List<Gpu> gpus, Library cublas, Library cudnn) {
        return new CudaReport(system, driver, gpus, cublas, cudnn, CUBLAS).problem().orElse("nothing");
    }

    @Test
    void oneGoodGpuIsEnough() {
        assertEquals("nothing", problem("Linux amd64", DRIVER, GPUS, CUBLAS, CUDNN));
        assertTrue(problem("Linux amd64", DRIVER, GPUS.subList(0, 1), CUBLAS, CUDNN)
            .startsWith("The GPU A has compute"));
    }

    @Test
    void theMostBasicProblemComesFirst() {
        assertTrue(problem("Mac OS X aarch64", new Driver(null, null, 0, 0, List.of()), List.of(), CUBLAS, CUDNN)
            .startsWith("CUDA needs Linux on an x86-64 processor, this is Mac OS X aarch64"));
        Library old = new Library("cuDNN", List.of("libcudnn.so.9"), "/x/libcudnn.so.9", "system", null, 8907, 12060,
            List.of());
        assertTrue(problem("Linux amd64", DRIVER, GPUS, CUBLAS, old).contains("is version 8907, expected 90000"));
        CudaReport two = new CudaReport("Linux amd64", new Driver(null, null, 0, 0, List.of()), List.of(), CUBLAS, old,
            CUBLAS);
        assertEquals(2, two.problems().size());
        assertTrue(two.problems().getFirst().startsWith("No NVIDIA driver"));
    }

    /** A function that is called and not looked up before would end the process where it is missing. */
    @Test
    void everyFunctionThatIsCalledIsLookedUp() throws IOException {
        JavaClasses classes = new ClassFileImporter().importPackages("dev.fathom.engine.cuda.jcuda");
        Set<String> called = classes.stream().flatMap(c -> Stream.concat(c.getMethodCallsFromSelf().stream()
                .map(JavaMethodCall::getTarget), c.getMethodReferencesFromSelf().stream().map(r -> r.getTarget())))
            .filter(t -> t.getOwner().getPackageName().startsWith("jcuda."))
            .map(t -> t.getName().replaceFirst("_new$", "")).collect(Collectors.toCollection(TreeSet::new));
        assertTrue(called.contains("cuLaunchKernel") && called.contains("cublasGemmEx"), called::toString);
        compare(called, "JCudaDriver", "cu[A-Z].*", CudaSymbols.DRIVER);
        compare(called, "JCublas2", "cublas.*", CudaSymbols.CUBLAS);
        compare(called, "JCudnn", "cudnn.*", CudaSymbols.CUDNN);
    }

    /** The natives say by which versioned name a call goes out: cuMemAlloc as cuMemAlloc_v2. */
    private void compare(Set<String> called, String library, String pattern, List<String> lookedUp) throws IOException {
        byte[] bytes;
        try (var in = getClass().getClassLoader().getResourceAsStream("lib/lib" + library
            + "-12.6.0-linux-x86_64.so")) {
            bytes = in.readAllBytes();
        }
        Set<String> wanted = Set.copyOf(new ElfFile(library, bytes).wantedSymbols());
        Function<String, String> outside = call -> Stream.of(call + "_v2", call, call + "WithFlags")
            .filter(wanted::contains)
            .findFirst().orElse(call + " is not wanted by " + library);
        Set<String> expected = called.stream().filter(c -> c.matches(pattern)).map(outside)
            .collect(Collectors.toCollection(TreeSet::new));
        // The probe itself calls these.
        Set<String> asked = Set.of("cuDeviceGetCount", "cublasGetProperty", "cudnnGetVersion", "cudnnGetCudartVersion");
        lookedUp.stream().filter(asked::contains).forEach(expected::add);
        assertEquals(expected, new TreeSet<>(lookedUp), library);
    }
}
