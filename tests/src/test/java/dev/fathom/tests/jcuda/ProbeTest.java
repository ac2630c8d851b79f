package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fathom.engine.cuda.natives.CudaProbe;
import dev.fathom.engine.cuda.natives.CudaReport;
import dev.fathom.engine.cuda.natives.LibraryPlaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real files, really opened, each with one thing wrong: the sentence says what. */
class ProbeTest {
    @TempDir
    Path folder;
    private Path variant = Path.of("/nowhere");

    @BeforeEach
    void onlyWithACompiler() {
        assumeTrue(FakeLibraries.possible(), "no gcc: the fake libraries cannot be compiled");
    }

    private CudaReport look() {
        return look(Map.of("LD_LIBRARY_PATH", variant + ":" + folder));
    }

    /** A driver in a folder of its own, before all others: what was opened once stays open under its path. */
    private void driver(String... defines) throws IOException {
        variant = Files.createTempDirectory(folder, "variant");
        FakeLibraries.driver(variant, defines);
    }

    /** With a root folder in which there is nothing. */
    private CudaReport look(Map<String, String> environment) {
        return CudaProbe.look(LibraryPlaces.of(environment::get, folder.resolve("root"), folder.resolve("cache")));
    }

    private void says(CudaReport report, String... parts) {
        String problem = report.problem().orElse("nothing");
        for (String part : parts) {
            assertTrue(problem.contains(part), problem);
        }
        assertTrue(problem.endsWith(".") && !problem.contains("\n"), problem);
    }

    @Test
    void completeAndIncomplete() throws IOException {
        says(look(), "No NVIDIA driver was found", "--device cpu");
        Path driver = FakeLibraries.driver(folder, "GPUS=2", "CAPABILITY=86");
        says(look(), "cuBLAS was not found (libcublas.so.12 or libcublas.so.13)", "tools/fathom gpu install");
        FakeLibraries.cublas(folder, 12);
        says(look(), "cuDNN was not found (libcudnn.so.9)");
        FakeLibraries.cudnn(folder);
        CudaReport whole = look();
        assertEquals(List.of(), whole.problems());
        assertEquals("[Gpu[index=0, name=Fake GPU 0, capability=86, totalBytes=67108864], Gpu[index=1, name=Fake GPU 1,"
            + " capability=86, totalBytes=67108864]]", whole.gpus().toString());
        assertEquals(12060, whole.driver().version());
        assertEquals(driver.toString(), whole.driver().path());
        assertEquals(120604, whole.cublas().version());
        assertEquals("LD_LIBRARY_PATH", whole.cublas().place());
        assertEquals(90501, whole.cudnn().version());
        Files.delete(driver);
        says(look(), "No NVIDIA driver was found");
    }

    @Test
    void wrongDrivers() throws IOException {
        FakeLibraries.cublas(folder, 12);
        FakeLibraries.cudnn(folder);
        driver( "VERSION=11040");
        says(look(), "for CUDA 11.4", "12.0 is the oldest", "525.60");
        driver( "INIT=100");
        says(look(), "sees no GPU (CUDA_ERROR_NO_DEVICE)", "nvidia-smi");
        driver( "INIT=803");
        says(look(), "restart the machine");
        driver( "INIT=999");
        says(look(), "cuInit answers 999");
        driver( "GPUS=0");
        says(look(), "has no GPU to offer");
        driver( "CAPABILITY=61");
        says(look(), "Fake GPU 0 has compute capability 6.1", "7.5");
        driver( "LACK_GRAPHS");
        says(look(), "lacks cuGraphLaunch", "update it");
        variant = Files.createTempDirectory(folder, "variant");
        Files.writeString(variant.resolve("libcuda.so.1"), "not a library");
        says(look(), "cannot be opened (" + variant.resolve("libcuda.so.1"), "install the driver again");
    }

    @Test
    void wrongLibraries() throws IOException {
        driver();
        FakeLibraries.cudnn(folder);
        Path lacking = FakeLibraries.cublas(folder, 12, "LACK_WORKSPACE");
        says(look(), "cuBLAS in", "lacks cublasSetWorkspace_v2");
        Files.delete(lacking);
        FakeLibraries.cublas(folder, 13);
        says(look(), "built for CUDA 13.6, and the driver is for 12.6", "update the driver", "for CUDA 12.6");
        driver( "VERSION=13000");
        assertTrue(look().complete(), () -> look().problems().toString());
        assertTrue(look().cublas().path().endsWith("libcublas.so.13"));
        Path twelve = Files.createDirectories(folder.resolve("cache/cuda-12.6"));
        FakeLibraries.cublas(twelve, 12);
        assertEquals("gpu install", look().cublas().place());
        assertTrue(look().cublas().path().endsWith("libcublas.so.12"), "12 before 13: JCuda's natives want it");
        Files.writeString(Files.createDirectories(folder.resolve("broken")).resolve("libcudnn.so.9"), "");
        says(look(Map.of("LD_LIBRARY_PATH", folder.resolve("broken") + ":" + variant + ":" + folder)),
            "cuDNN cannot be opened",
            "file too short");
    }

    /** PyTorch's packages: an environment's python3 is a link to another one, and the packages lie beside the link. */
    @Test
    void librariesOfPythonPackagesAreFound() throws IOException {
        Path nvidia = Files.createDirectories(folder.resolve("venv/lib/python3.12/site-packages/nvidia"));
        Path blas = Files.createDirectories(nvidia.resolve("cu13/lib"));
        Path dnn = Files.createDirectories(nvidia.resolve("cudnn/lib"));
        FakeLibraries.cublas(blas, 13);
        FakeLibraries.cudnn(dnn);
        Path bin = Files.createDirectories(folder.resolve("venv/bin"));
        Files.createFile(bin.resolve("python3"));
        Path usual = Files.createDirectories(folder.resolve("bin"));
        Files.createSymbolicLink(usual.resolve("python3"), bin.resolve("python3"));
        for (Path path : new Path[] {bin, usual}) {
            CudaReport report = look(Map.of("PATH", "/nowhere:" + path));
            assertEquals(dnn.resolve("libcudnn.so.9").toString(), report.cudnn().path());
            assertEquals(blas.resolve("libcublas.so.13").toString(), report.cublas().path());
            assertEquals("python packages", report.cudnn().place());
        }
        assertEquals("python packages", look(Map.of("VIRTUAL_ENV", folder.resolve("venv").toString())).cudnn().place());
    }

    @Test
    void usualFoldersAreSearched() throws IOException {
        Path root = folder.resolve("root");
        FakeLibraries.driver(Files.createDirectories(root.resolve("usr/local/nvidia/lib64")));
        FakeLibraries.cublas(Files.createDirectories(root.resolve("usr/local/cuda-12.4/targets/x86_64-linux/lib")), 12);
        FakeLibraries.cudnn(Files.createDirectories(root.resolve("usr/lib/x86_64-linux-gnu")));
        CudaReport report = look(Map.of());
        assertTrue(report.complete(), () -> report.problems().toString());
        assertEquals("CUDA toolkit", report.cublas().place());
        assertEquals("system", report.cudnn().place());
        Path home = Files.createDirectories(folder.resolve("home/lib64"));
        FakeLibraries.cublas(home, 12);
        assertEquals("CUDA_HOME", look(Map.of("CUDA_HOME", folder.resolve("home").toString())).cublas().place());
    }
}
