package dev.fathom.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.CudaKernels;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.DeviceOutOfMemoryException;
import dev.fathom.engine.cuda.emulated.EmulatedDriver;
import dev.fathom.engine.cuda.emulated.EmulatedOptions;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.SumTo;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes wrong on a GPU, and what the engine makes of it. */
class DeviceFaultsTest {
    private static final Device DEVICE = Device.emulated(4);

    @AfterEach
    void close() {
        Backends.close(DEVICE);
    }

    private static EmulatedDriver open(EmulatedOptions options) {
        EmulatedDriver driver = new EmulatedDriver(options);
        Backends.install(new CudaBackend(DEVICE, driver));
        return driver;
    }

    /** The emulated device with a launcher of affine that claims one element more than there is. */
    private static CudaBackend withOneElementTooMany(EmulatedOptions options) {
        CudaKernelTable table = new CudaKernelTable();
        table.add(Binary.class, (cuda, op, in, out) -> cuda.kernel("pointwise", "add_f32").grid(1).block(256)
                .arg(in.get(0)).arg(in.get(1)).arg(out.get(0)).arg(out.get(0).numel() + 1).launch());
        CudaBackend backend = new CudaBackend(DEVICE, new EmulatedDriver(options), table);
        Backends.install(backend);
        return backend;
    }

    private static TensorSpec floats(int... dims) {
        return new TensorSpec(Shape.of(dims), DType.F32);
    }

    @Test
    void outOfMemoryInAStepGivesEverythingBackAndSmallerWorkGoesOn() {
        open(EmulatedOptions.defaults().withMemory(1 << 20));
        try (MemoryScope model = MemoryScope.open("model")) {
            Tensor weight = Tensors.full(floats(1000), DEVICE, 2);
            long before = Backends.of(DEVICE).memory().liveBytes();
            String message = assertThrows(DeviceOutOfMemoryException.class, () -> {
                try (MemoryScope step = MemoryScope.open("step")) {
                    for (int i = 0; i < 100; i++) {
                        Tensors.zeros(floats(20_000), DEVICE);
                    }
                }
            }).getMessage();
            assertTrue(message.contains("'step'") && message.contains("'model'") && message.contains("smaller batch"),
                    message);
            assertEquals(before, Backends.of(DEVICE).memory().liveBytes());
            try (MemoryScope step = MemoryScope.open("step")) {
                Tensor batch = Tensors.full(floats(50, 1000), DEVICE, 1);
                assertEquals(100_000, SumTo.of(Binary.mul(batch, weight), Shape.SCALAR).item());
            }
        }
    }

    @Test
    void aKernelThatLeavesItsTensorIsNamedWithTheTensor() {
        withOneElementTooMany(EmulatedOptions.defaults());
        try (MemoryScope scope = MemoryScope.open("fusion")) {
            Tensor x = Tensors.of(new float[] {1, 2, 3}, 3).to(DEVICE);
            KernelFault fault = assertThrows(KernelFault.class, () -> Binary.add(x, x));
            assertEquals(FaultKind.OUT_OF_BOUNDS_READ, fault.kind());
            assertTrue(fault.getMessage().contains("fusion") && fault.getMessage().contains("pointwise.cu"),
                    fault.getMessage());
        }
    }

    /** Work that waits, as on hardware: the fault shows up later, and everything after it fails. */
    @Test
    void aLostContextSaysSoAndDebugSyncNamesTheOperation() {
        CudaBackend backend = withOneElementTooMany(EmulatedOptions.defaults().withLazyWork());
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(new float[] {1, 2, 3}, 3).to(DEVICE);
            Tensor y = Binary.add(x, x);
            CudaException later = assertThrows(CudaException.class, y::toFloats);
            assertTrue(later.isSticky() && later.getMessage().contains("--debug-sync"), later.getMessage());
            assertTrue(assertThrows(CudaException.class, () -> Binary.add(x, x)).isSticky(), "and it stays lost");
        }
        Backends.close(DEVICE);
        withOneElementTooMany(EmulatedOptions.defaults().withLazyWork()).debugSync(true);
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(new float[] {1, 2, 3}, 3).to(DEVICE);
            String message = assertThrows(CudaException.class, () -> Binary.add(x, x)).getMessage();
            assertTrue(message.startsWith("add Binary[kind=ADD]") && message.contains("float32[3]"), message);
        }
    }

    @Test
    void twoDevicesInOneProcessHaveNothingInCommon() {
        Device other = Device.emulated(5);
        open(EmulatedOptions.defaults());
        Backends.install(new CudaBackend(other, new EmulatedDriver(EmulatedOptions.defaults())));
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor here = Tensors.of(new float[] {1, 2}, 2).to(DEVICE);
            Tensor there = Tensors.of(new float[] {10, 20}, 2).to(other);
            assertThrows(DeviceException.class, () -> Binary.add(here, there));
            assertArrayEquals(new float[] {2, 4}, Affine.of(here, 2, 0).toFloats());
            assertArrayEquals(new float[] {20, 40}, Affine.of(there, 2, 0).toFloats());
        } finally {
            Backends.close(other);
        }
    }

    @Test
    void threadsShareADevice() throws Exception {
        open(EmulatedOptions.defaults().withLazyWork());
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Double>> work = IntStream.range(0, 16).<Callable<Double>>mapToObj(k -> () -> {
                try (MemoryScope scope = MemoryScope.open("thread")) {
                    Tensor x = Tensors.full(floats(300 + k), DEVICE, k);
                    for (int i = 0; i < 5; i++) {
                        x = Affine.of(x, 1, 1);
                    }
                    return SumTo.of(x, Shape.SCALAR).item();
                }
            }).toList();
            int k = 0;
            for (var result : threads.invokeAll(work)) {
                assertEquals((300.0 + k) * (k + 5), result.get());
                k++;
            }
        }
        assertEquals(0, Backends.of(DEVICE).memory().liveBytes());
    }

    @Test
    void closingWaitsForWorkInFlight() {
        EmulatedDriver driver = open(EmulatedOptions.defaults().withLazyWork());
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(new float[] {1, 2, 3}, 3).to(DEVICE);
            Affine.of(Affine.of(x, 2, 0), 3, 0);
            Backends.close(DEVICE);
            assertEquals(0, driver.liveObjects());
        }
    }

    @Test
    void aForgottenOrMisplacedArgumentIsRefusedBeforeTheLaunch() {
        EmulatedDriver driver = open(EmulatedOptions.defaults());
        CudaDevice cuda = ((CudaBackend) Backends.of(DEVICE)).cuda();
        String few = assertThrows(CudaException.class, () -> cuda.kernel("pointwise", "add_f32").grid(1).block(256)
                .arg(0L).arg(0L).launch()).getMessage();
        assertTrue(few.contains("takes 4 arguments, got 2"), few);
        String narrow = assertThrows(CudaException.class, () -> cuda.kernel("pointwise", "add_f32").grid(1).block(256)
                .arg(0L).arg(0L).arg(0L).arg(1).launch()).getMessage();
        assertTrue(narrow.contains("argument 3") && narrow.contains("reads 8 bytes"), narrow);
        String unknown = assertThrows(CudaException.class, () -> cuda.kernel("pointwise", "ad_f32")).getMessage();
        assertTrue(unknown.contains("has no kernel ad_f32"), unknown);
        assertTrue(CudaKernels.table().has(Affine.class));
        assertEquals(DEVICE, Backends.of(DEVICE).device());
        assertTrue(driver.memory().liveBytes() >= 0);
    }
}
