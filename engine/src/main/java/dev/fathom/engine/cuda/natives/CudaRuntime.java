package dev.fathom.engine.cuda.natives;

import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.natives.DynamicLinker.NotOpened;
import dev.fathom.engine.errors.DeviceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/** CUDA in this process: looked at once, loaded once, opened as often as anyone likes. */
public final class CudaRuntime {
    /**
     * cuDNN 9 is a thin library that opens the others by name when it needs them. In a folder that the system's search
     * does not know it would not find them, so they are opened before, each after those that it wants itself.
     */
    private static final List<String> CUDNN_PARTS = List.of("libcudnn_graph.so.9", "libcudnn_ops.so.9",
        "libcudnn_cnn.so.9", "libcudnn_heuristic.so.9", "libcudnn_engines_precompiled.so.9",
        "libcudnn_engines_runtime_compiled.so.9");
    /** Of NVRTC, with which cuDNN compiles some kernels: the same holds for it. */
    private static final List<String> NVRTC_PARTS = List.of("libnvrtc-builtins.so.12.6", "libnvrtc-builtins.so.13.0");
    private static final String FACTORY = "dev.fathom.engine.cuda.jcuda.JCudaDriverFactory";

    private static CudaReport report;
    private static CudaDriverFactory factory;

    private CudaRuntime() {
    }

    /** What this machine has; looked at by the first call. */
    public static synchronized CudaReport report() {
        if (report == null) {
            report = CudaProbe.look();
        }
        return report;
    }

    /**
     * Opens a GPU.
     *
     * @param ordinal which one, in the driver's order (CUDA_VISIBLE_DEVICES may change it)
     * @throws DeviceException if something is missing, in one sentence
     */
    public static synchronized CudaDriver open(int ordinal) {
        CudaReport found = report();
        found.problem().ifPresent(problem -> {
            throw new DeviceException(problem);
        });
        if (ordinal < 0 || ordinal >= found.gpus().size()) {
            throw new DeviceException("There is no GPU " + ordinal + "; this machine has " + found.gpus().size() + ": "
                + found.gpus().stream().map(g -> g.index() + " " + g.name()).toList() + ".");
        }
        CudaReport.Gpu gpu = found.gpus().get(ordinal);
        if (gpu.capability() < CudaReport.OLDEST_CAPABILITY) {
            throw new DeviceException("GPU " + ordinal + ", " + gpu.name() + ", has compute capability "
                + gpu.capability() / 10 + "." + gpu.capability() % 10
                + ", and 7.5 is the oldest that works; take another of "
                + found.gpus().stream().map(g -> g.index() + " " + g.name()).toList() + ".");
        }
        if (factory == null) {
            factory = load(found);
        }
        return factory.open(ordinal);
    }

    private static CudaDriverFactory load(CudaReport found) {
        if (found.nvrtc().usable()) {
            openParts(found.nvrtc().path(), NVRTC_PARTS);
        }
        openParts(found.cudnn().path(), CUDNN_PARTS);
        return new JcudaClassLoader(edit(found.cublas().path())).instance(FACTORY, CudaDriverFactory.class);
    }

    /** Points the natives that want CUDA 12's cuBLAS to CUDA 13's, if that is the one that was found. */
    static UnaryOperator<byte[]> edit(String cublas) {
        if (!cublas.endsWith(".so.13")) {
            return UnaryOperator.identity();
        }
        return bytes -> {
            ElfFile file = new ElfFile("a library of JCuda", bytes);
            return file.libraryNames().contains("libcublas.so.12") ? file.pointedTo("libcublas.so.12",
                "libcublas.so.13")
                : bytes;
        };
    }

    private static void openParts(String library, List<String> parts) {
        Path folder = Path.of(library).getParent();
        if (folder == null) {
            return;
        }
        for (String part : parts) {
            Path file = folder.resolve(part);
            if (Files.exists(file)) {
                try {
                    DynamicLinker.open(file.toString());
                } catch (NotOpened e) {
                    throw new DeviceException(file + ", which cuDNN needs, cannot be opened (" + e.getMessage()
                        + "); run 'tools/fathom gpu install', which fetches one that fits.");
                }
            }
        }
    }
}
