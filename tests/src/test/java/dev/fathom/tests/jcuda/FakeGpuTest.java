package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * JCuda's calls arrive as they should: handles, addresses, parameter blocks, enumerations, errors; on CUDA 12 and 13.
 */
class FakeGpuTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void onlyWithACompiler() {
        assumeTrue(FakeLibraries.possible(), "no gcc: the fake libraries cannot be compiled");
    }

    private static Map<String, String> linesOf(FakeLibraries.Answer answer) {
        assertEquals(0, answer.code(), answer.text());
        return answer.text().lines().filter(l -> l.contains(": ")).collect(Collectors.toMap(l -> l.substring(0,
            l.indexOf(": ")), l -> l.substring(l.indexOf(": ") + 2), (a, b) -> a.equals(b) ? a : a + " BUT " + b));
    }

    @Test
    void everyCallOnCuda12() {
        FakeLibraries.driver(folder);
        FakeLibraries.cublas(folder, 12);
        FakeLibraries.cudnn(folder);
        Map<String, String> said = linesOf(FakeLibraries.java(Map.of("LD_LIBRARY_PATH", folder.toString()),
            FakeGpuMain.class.getName()));
        List.of(
            "properties: DeviceProperties[name=Fake GPU 0, computeCapability=90, multiprocessors=132,"
            + " totalBytes=67108864,"
                + " maxSharedPerBlock=232448, driverVersion=12060]",
            "copied: [1.0, 0.0, 3.0] 0 true",
            "twice: CudaException cuMemFree failed: CUDA_ERROR_INVALID_VALUE (as the fake driver says).",
            "much: DeviceOutOfMemoryException cuMemAlloc of 1099511627776 bytes failed: CUDA_ERROR_OUT_OF_MEMORY (as"
            + " the fake"
                + " driver says).",
            "events: false true 1.5",
            "launched: [2.5, 5.0, 7.5, 4.0] 15.0",
            "refused: CudaException launching shared with grid (1, 2, 3), block (64, 1, 1) and 60000 bytes of dynamic"
            + " shared"
                + " memory failed: CUDA_ERROR_INVALID_VALUE (as the fake driver says).",
            "no kernel: CudaException cuModuleGetFunction of absent failed: CUDA_ERROR_NOT_FOUND (as the fake driver"
            + " says).",
            "no ptx: CudaException loading the kernels of broken failed: CUDA_ERROR_INVALID_PTX (as the fake driver"
            + " says)."
                + " The driver's assembler says: ptxas fatal : no version line",
            "graph: [1.0, 1.0] [36.0, 9.0]",
            "product: [1.0, 2.0, 4.0, 3.0, 4.0, 10.0] [3.0, 6.0, 12.0, 9.0, 12.0, 30.0]",
            "transposed: [1.0, 3.0, 5.0, 2.0, 4.0, 8.0]",
            "batch of half: [1.0, 3.0, 2.0, 2.0, 1.0, 8.0]",
            "FORWARD 3: ConvPlan[algorithm=1, workspaceBytes=64] [-12.0, -21.0, -16.0, -27.0, -42.0, -27.0, -24.0,"
            + " -27.0,"
                + " -13.0]",
            "all 3: [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 97.0]",
            "residual 3: [-11.0, -21.0, -16.0, -27.0, -42.0, -27.0, -24.0, -27.0, 87.0]",
            "FORWARD 1: ConvPlan[algorithm=1, workspaceBytes=64] [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0]",
            "all 1: [13.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0, 26.0, 128.0]",
            "residual 1: [3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 118.0]",
            "BACKWARD_DATA 1: ConvPlan[algorithm=1, workspaceBytes=64] [6.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0,"
            + " 236.0]",
            "BACKWARD_FILTER 1: ConvPlan[algorithm=1, workspaceBytes=64] [29490.0]",
            "no plan: NoConvolutionAlgorithmException cuDNN has no deterministic algorithm with a workspace of at most 63"
                + " bytes for"
                + " ConvShape[pass=FORWARD, type=float32, n=1, h=3, w=3, c=1, o=1, kernelH=3, kernelW=3, strideH=1,"
                + " strideW=1,"
                + " padH=1, padW=1]; it offers",
            "threads: ++++++++",
            "closed: CudaException the GPU Fake GPU 0 is closed",
            "two: the second works after the first is closed: true").forEach(line -> {
                String name = line.substring(0, line.indexOf(": "));
                assertEquals(line.substring(name.length() + 2), said.get(name), name);
            });
        assertTrue(said.get("wrong product").contains("failed: CUBLAS_STATUS_INVALID_VALUE"),
            said.get("wrong product"));
        assertTrue(said.get("fault").startsWith("CudaException sticky cuStreamSynchronize failed:"
            + " CUDA_ERROR_ILLEGAL_ADDRESS")
            && said.get("fault").contains("--debug-sync"), said.get("fault"));
    }

    /** The natives want libcublas.so.12, and there is only 13: the same answers. */
    @Test
    void everyCallOnCuda13(@TempDir Path other) {
        FakeLibraries.driver(other, "VERSION=13000");
        FakeLibraries.cublas(other, 13);
        FakeLibraries.cudnn(other);
        Map<String, String> said = linesOf(FakeLibraries.java(Map.of("LD_LIBRARY_PATH", other.toString()),
            FakeGpuMain.class.getName()));
        assertEquals("[1.0, 2.0, 4.0, 3.0, 4.0, 10.0] [3.0, 6.0, 12.0, 9.0, 12.0, 30.0]", said.get("product"));
        assertEquals("[1.0, 3.0, 2.0, 2.0, 1.0, 8.0]", said.get("batch of half"));
    }
}
