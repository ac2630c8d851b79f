package dev.fathom.engine.cuda;

import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.CudaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The modules of PTX that ship with the engine, loaded on first use. */
final class KernelModules {
    private record Module(long handle, Map<String, KernelSignature> signatures, Map<String, LoadedKernel> kernels) {
    }

    private final CudaDriver driver;
    private final Map<String, Module> modules = new ConcurrentHashMap<>();

    KernelModules(CudaDriver driver) {
        this.driver = driver;
    }

    /** Kernel {@code kernel} of {@code cuda/ptx/<module>.ptx}. */
    LoadedKernel get(String module, String kernel) {
        Module m = modules.get(module);
        if (m == null) {
            m = modules.computeIfAbsent(module, this::load);
        }
        LoadedKernel k = m.kernels.get(kernel);
        return k != null ? k : m.kernels.computeIfAbsent(kernel, name -> find(module, name));
    }

    private Module load(String name) {
        String ptx = source(name);
        return new Module(driver.moduleLoad(name, ptx), KernelSignature.parse(ptx), new ConcurrentHashMap<>());
    }

    private LoadedKernel find(String module, String kernel) {
        Module m = modules.get(module);
        KernelSignature signature = m.signatures.get(kernel);
        if (signature == null) {
            throw new CudaException("cuda/ptx/" + module + ".ptx has no kernel " + kernel + "; it has "
                    + m.signatures.keySet());
        }
        return new LoadedKernel(module, signature, driver.function(m.handle, kernel));
    }

    /** The text of a module. */
    static String source(String name) {
        String path = "/cuda/ptx/" + name + ".ptx";
        try (InputStream in = KernelModules.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new CudaException("the engine's jar has no " + path + "; make it with engine/make-ptx " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(path, e);
        }
    }

    void close() {
        modules.values().forEach(m -> driver.moduleUnload(m.handle));
        modules.clear();
    }
}
