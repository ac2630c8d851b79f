package dev.fathom.engine.cuda.natives;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@link CudaProbe} found on this machine, and what follows from it. Pure facts: equal reports have equal
 * problems.
 *
 * @param system the operating system and processor, {@code Linux amd64}
 * @param driver libcuda.so.1
 * @param gpus the devices, in the driver's order; empty if it was not asked
 * @param cublas cuBLAS, of CUDA 12 if there is one that the driver can run, else of CUDA 13
 * @param cudnn cuDNN 9
 * @param nvrtc the run-time compiler; nothing needs it
 */
public record CudaReport(String system, Driver driver, List<Gpu> gpus, Library cublas, Library cudnn, Library nvrtc) {
    /** CUDA 12.0, the oldest driver that runs cuBLAS 12 and cuDNN 9: as cuDriverGetVersion counts. */
    public static final int OLDEST_DRIVER = 12000;
    /** Turing: what the kernels are compiled for. */
    public static final int OLDEST_CAPABILITY = 75;
    /** cuDNN 9.0 as cudnnGetVersion counts. */
    public static final int OLDEST_CUDNN = 90000;

    private static final String INSTALL = "run 'tools/fathom gpu install', which fetches it";

    /**
     * The driver's library.
     *
     * @param path where it is; null if there is none
     * @param error why it could not be opened; null if it was
     * @param version as cuDriverGetVersion says: 12060 is 12.6; 0 if it was not asked
     * @param initCode what cuInit answered
     * @param missing functions that it should have and has not
     */
    public record Driver(String path, String error, int version, int initCode, List<String> missing) {
    }

    /**
     * One GPU.
     *
     * @param capability compute capability without the point: 90
     * @param totalBytes its memory
     */
    public record Gpu(int index, String name, int capability, long totalBytes) {
    }

    /**
     * One of the libraries above the driver.
     *
     * @param name as people call it: cuBLAS
     * @param wanted the names it was looked for by
     * @param path where it is; null if there is none
     * @param place which search found it
     * @param error why it could not be opened; null if it was
     * @param version as it says itself: cuBLAS 120604 for 12.6.4, cuDNN 90501 for 9.5.1, NVRTC 12060 for 12.6
     * @param cuda the CUDA version it was built with, as cuDriverGetVersion counts
     * @param missing functions that it should have and has not
     */
    public record Library(String name, List<String> wanted, String path, String place, String error, int version,
        int cuda,
                          List<String> missing) {
        /** Whether it is there and could be opened. */
        public boolean usable() {
            return path != null && error == null;
        }
    }

    /** Whether everything that the engine needs is there. */
    public boolean complete() {
        return problems().isEmpty();
    }

    /** The first thing that is missing, as one sentence that says what to do; empty if nothing is. */
    public Optional<String> problem() {
        return problems().stream().findFirst();
    }

    /** All that is missing, most basic first. */
    public List<String> problems() {
        if (!system.equals(CudaProbe.SUPPORTED)) {
            return List.of("CUDA needs Linux on an x86-64 processor, this is " + system + "; use --device cpu.");
        }
        List<String> found = new ArrayList<>();
        driverProblem().ifPresent(found::add);
        if (found.isEmpty()) {
            gpuProblem().ifPresent(found::add);
        }
        libraryProblem(cublas, 0).ifPresent(found::add);
        libraryProblem(cudnn, OLDEST_CUDNN).ifPresent(found::add);
        return found;
    }

    private Optional<String> driverProblem() {
        if (driver.path == null) {
            return Optional.of("No NVIDIA driver was found (libcuda.so.1); install it from"
                + " https://www.nvidia.com/drivers or"
                + " your distribution, or use --device cpu.");
        }
        if (driver.error != null) {
            return Optional.of("The NVIDIA driver " + driver.path + " cannot be opened (" + driver.error
                + "); install the driver again, or use --device cpu.");
        }
        if (driver.version < OLDEST_DRIVER) {
            return Optional.of("The NVIDIA driver is for CUDA " + dotted(driver.version)
                + ", and CUDA 12.0 is the oldest that works; update it to 525.60 or newer, or use --device cpu.");
        }
        if (!driver.missing.isEmpty()) {
            return Optional.of("The NVIDIA driver " + driver.path + " lacks " + String.join(", ", driver.missing)
                + "; update it, or use --device cpu.");
        }
        return driver.initCode == 0 ? Optional.empty() : Optional.of(initProblem());
    }

    /** What cuInit's answers mean in practice; the names are cuda.h's. */
    private String initProblem() {
        return switch (driver.initCode) {
            case 100 -> "The NVIDIA driver is there (CUDA " + dotted(driver.version)
                + ") but sees no GPU (CUDA_ERROR_NO_DEVICE); look at nvidia-smi and at CUDA_VISIBLE_DEVICES, in a"
                    + " container"
                + " ask for the GPU, or use --device cpu.";
            case 34 -> "The NVIDIA driver " + driver.path + " is only the toolkit's stub (CUDA_ERROR_STUB_LIBRARY);"
                + " install the"
                + " driver itself, or take the stubs folder out of LD_LIBRARY_PATH.";
            case 802 -> "The NVIDIA driver is not ready (CUDA_ERROR_SYSTEM_NOT_READY); on machines with NVSwitch start"
                + " nvidia-fabricmanager.";
            case 803 -> "The NVIDIA driver's library and its kernel module are of different versions"
                + " (CUDA_ERROR_SYSTEM_DRIVER_MISMATCH); restart the machine.";
            case 804 -> "The NVIDIA driver's library is a forward compatibility package that this GPU does not take"
                + " (CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE); remove the cuda-compat folder from LD_LIBRARY_PATH.";
            default -> "The NVIDIA driver (CUDA " + dotted(driver.version) + ") cannot start: cuInit answers "
                + driver.initCode + "; look at nvidia-smi, restart the machine, or use --device cpu.";
        };
    }

    private Optional<String> gpuProblem() {
        if (gpus.isEmpty()) {
            return Optional.of("The NVIDIA driver works but has no GPU to offer; look at nvidia-smi and at"
                + " CUDA_VISIBLE_DEVICES, or use --device cpu.");
        }
        if (gpus.stream().noneMatch(g -> g.capability >= OLDEST_CAPABILITY)) {
            Gpu gpu = gpus.getFirst();
            return Optional.of("The GPU " + gpu.name + " has compute capability " + gpu.capability / 10 + "."
                + gpu.capability % 10 + ", and 7.5 (Turing, 2018) is the oldest that works; use --device cpu.");
        }
        return Optional.empty();
    }

    private Optional<String> libraryProblem(Library library, int oldest) {
        String names = String.join(" or ", library.wanted);
        if (library.path == null) {
            return Optional.of(library.name + " was not found (" + names + "); " + INSTALL
                + ", or add its folder to LD_LIBRARY_PATH.");
        }
        if (library.error != null) {
            return Optional.of(library.name + " cannot be opened (" + library.error + "); " + INSTALL
                + " in a version that fits.");
        }
        if (library.version < oldest) {
            return Optional.of(library.name + " in " + library.path + " is version " + library.version + ", expected "
                + oldest
                + " or newer; " + INSTALL + ".");
        }
        if (driver.version > 0 && library.cuda / 1000 > driver.version / 1000) {
            return Optional.of(library.name + " in " + library.path + " was built for CUDA " + dotted(library.cuda)
                + ", and the driver is for " + dotted(driver.version) + "; update the driver, or " + INSTALL
                + " for CUDA 12.6.");
        }
        return library.missing.isEmpty() ? Optional.empty() : Optional.of(library.name + " in " + library.path
            + " lacks "
            + String.join(", ", library.missing) + "; " + INSTALL + " complete.");
    }

    /** 12060 is 12.6. */
    public static String dotted(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }
}
