package dev.fathom.engine.cuda.natives;

import dev.fathom.engine.cuda.natives.CudaReport.Driver;
import dev.fathom.engine.cuda.natives.CudaReport.Gpu;
import dev.fathom.engine.cuda.natives.CudaReport.Library;
import dev.fathom.engine.cuda.natives.DynamicLinker.NotOpened;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Asks this machine what it has of CUDA, through {@code java.lang.foreign} alone: no class of JCuda is loaded, and
 * where there is no driver, nothing but this is.
 */
public final class CudaProbe {
    /** The one system that JCuda's natives ship for here. */
    static final String SUPPORTED = "Linux amd64";

    private static final List<String> SIGNS =
        List.of("dev/nvidiactl", "dev/nvidia0", "proc/driver/nvidia/version", "dev/dxg");
    private static final int MAJOR = 75;
    private static final int MINOR = 76;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final LibraryPlaces places;

    private CudaProbe(LibraryPlaces places) {
        this.places = places;
    }

    /** Looks at this machine. Takes some 50 ms without a driver, and with one as long as the driver takes to start. */
    public static CudaReport look() {
        return look(LibraryPlaces.standard());
    }

    /** Looks into these places. */
    public static CudaReport look(LibraryPlaces places) {
        return new CudaProbe(places).report();
    }

    /**
     * Whether a look is worth while: a device file or the driver's page in {@code /proc}. Costs microseconds, so that a
     * start on a machine without a GPU is as fast as ever.
     */
    public static boolean signOfDriver() {
        return signOfDriver(Path.of("/"));
    }

    static boolean signOfDriver(Path root) {
        return SIGNS.stream().anyMatch(s -> Files.exists(root.resolve(s)));
    }

    private CudaReport report() {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        if (!system.equals(SUPPORTED)) {
            Driver none = new Driver(null, null, 0, 0, List.of());
            return new CudaReport(system, none, List.of(), absent("cuBLAS"), absent("cuDNN"), absent("NVRTC"));
        }
        List<Gpu> gpus = new ArrayList<>();
        Driver driver = driver(gpus);
        return new CudaReport(system, driver, gpus, cublas(driver.version()), cudnn(), nvrtc());
    }

    private static Library absent(String name) {
        return new Library(name, List.of(), null, null, null, 0, 0, List.of());
    }

    private Driver driver(List<Gpu> gpus) {
        Optional<LibraryPlaces.Found> found = places.find("libcuda.so.1");
        if (found.isEmpty()) {
            return new Driver(null, null, 0, 0, List.of());
        }
        String path = found.get().name();
        MemorySegment library;
        try {
            library = DynamicLinker.open(path);
        } catch (NotOpened e) {
            // A bare name that the system does not know is no driver; a file that does not open is a broken one.
            boolean bare = !path.contains("/");
            return new Driver(bare ? null : path, bare ? null : e.getMessage(), 0, 0, List.of());
        }
        List<String> missing = missing(library, CudaSymbols.DRIVER);
        if (missing.contains("cuDriverGetVersion") || missing.contains("cuInit")) {
            return new Driver(path, "it has no cuInit", 0, 0, missing);
        }
        int version = number(library, "cuDriverGetVersion");
        if (version < CudaReport.OLDEST_DRIVER || !missing.isEmpty()) {
            return new Driver(path, null, version, 0, missing);
        }
        int code = (int) call(library, "cuInit", FunctionDescriptor.of(INT, INT), 0);
        if (code == 0) {
            int count = number(library, "cuDeviceGetCount");
            for (int i = 0; i < count; i++) {
                gpus.add(gpu(library, i));
            }
        }
        return new Driver(path, null, version, code, missing);
    }

    private static Gpu gpu(MemorySegment driver, int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment device = arena.allocate(INT);
            call(driver, "cuDeviceGet", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT), device, index);
            int handle = device.get(INT, 0);
            MemorySegment name = arena.allocate(256);
            call(driver, "cuDeviceGetName", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT, INT), name, 255,
                handle);
            MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
            call(driver, "cuDeviceTotalMem_v2", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT), total, handle);
            return new Gpu(index, name.getString(0), 10 * attribute(driver, MAJOR, handle) + attribute(driver, MINOR,
                handle),
                total.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    private static int attribute(MemorySegment driver, int attribute, int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(INT);
            call(driver, "cuDeviceGetAttribute", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT, INT), value,
                attribute,
                device);
            return value.get(INT, 0);
        }
    }

    /**
     * CUDA 12's if there is one that opens, because JCuda's natives want that; else CUDA 13's if the driver can run
     * it.
     */
    private Library cublas(int driverVersion) {
        List<String> names = List.of("libcublas.so.12", "libcublas.so.13");
        Library twelve = library("cuBLAS", names, names.get(0), CudaSymbols.CUBLAS, CudaProbe::cublasVersion);
        if (twelve.usable() || driverVersion > 0 && driverVersion < 13000 && twelve.path() != null) {
            return twelve;
        }
        Library thirteen = library("cuBLAS", names, names.get(1), CudaSymbols.CUBLAS, CudaProbe::cublasVersion);
        return thirteen.path() != null ? thirteen : twelve;
    }

    private Library cudnn() {
        return library("cuDNN", List.of("libcudnn.so.9"), "libcudnn.so.9", CudaSymbols.CUDNN, l -> new int[] {
            (int) (long) call(l, "cudnnGetVersion", FunctionDescriptor.of(ValueLayout.JAVA_LONG)),
            (int) (long) call(l, "cudnnGetCudartVersion", FunctionDescriptor.of(ValueLayout.JAVA_LONG))});
    }

    private Library nvrtc() {
        Function<MemorySegment, int[]> version = l -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment numbers = arena.allocate(INT, 2);
                call(l, "nvrtcVersion", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS), numbers,
                    numbers.asSlice(4));
                int both = 1000 * numbers.get(INT, 0) + 10 * numbers.get(INT, 4);
                return new int[] {both, both};
            }
        };
        List<String> names = List.of("libnvrtc.so.12", "libnvrtc.so.13");
        Library twelve = library("NVRTC", names, names.get(0), List.of("nvrtcVersion"), version);
        return twelve.usable() ? twelve : library("NVRTC", names, names.get(1), List.of("nvrtcVersion"), version);
    }

    /** {@code {version, CUDA}}: cublasGetProperty(0 major, 1 minor, 2 patch); cuBLAS is numbered like its CUDA. */
    private static int[] cublasVersion(MemorySegment library) {
        int[] part = new int[3];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(INT);
            for (int i = 0; i < 3; i++) {
                call(library, "cublasGetProperty", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS), i, value);
                part[i] = value.get(INT, 0);
            }
        }
        return new int[] {10000 * part[0] + 100 * part[1] + part[2], 1000 * part[0] + 10 * part[1]};
    }

    private Library library(String name, List<String> wanted, String soname, List<String> symbols,
                            Function<MemorySegment, int[]> version) {
        Optional<LibraryPlaces.Found> found = places.find(soname);
        if (found.isEmpty()) {
            return new Library(name, wanted, null, null, null, 0, 0, List.of());
        }
        String path = found.get().name();
        String place = found.get().place();
        try {
            MemorySegment library = DynamicLinker.open(path);
            List<String> missing = missing(library, symbols);
            int[] numbers = missing.isEmpty() ? version.apply(library) : new int[2];
            return new Library(name, wanted, path, place, null, numbers[0], numbers[1], missing);
        } catch (NotOpened e) {
            boolean bare = !path.contains("/");
            return new Library(name, wanted, bare ? null : path, bare ? null : place, bare ? null : e.getMessage(), 0,
                0,
                List.of());
        }
    }

    private static List<String> missing(MemorySegment library, List<String> symbols) {
        return symbols.stream().filter(s -> DynamicLinker.symbol(library, s) == 0).toList();
    }

    private static int number(MemorySegment library, String function) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(INT);
            call(library, function, FunctionDescriptor.of(INT, ValueLayout.ADDRESS), value);
            return value.get(INT, 0);
        }
    }

    private static Object call(MemorySegment library, String name, FunctionDescriptor type, Object... arguments) {
        try {
            return DynamicLinker.function(library, name, type).invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(name, e);
        }
    }
}
