package dev.fathom.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.cuda.CapturedPass;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.emulated.EmulatedDriver;
import dev.fathom.engine.cuda.emulated.EmulatedOptions;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.LayerNorm;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pass captured as a CUDA graph does what the pass does, on whatever its inputs hold. */
class CapturedPassTest {
    private static final Device DEVICE = Device.emulated(3);

    private EmulatedDriver driver;

    @BeforeEach
    void open() {
        driver = new EmulatedDriver(EmulatedOptions.defaults());
        Backends.install(new CudaBackend(DEVICE, driver));
    }

    @AfterEach
    void close() {
        Backends.close(DEVICE);
        assertEquals(0, driver.liveObjects(), "streams, events, modules, graphs and page-locked memory left");
    }

    private static Tensor device(float... values) {
        return Tensors.of(values, 2, values.length / 2).to(DEVICE);
    }

    /** Three operations with temporaries between them. */
    private static List<Tensor> pass(Tensor x, Tensor weight, Tensor bias) {
        try (MemoryScope scope = MemoryScope.scratch("pass"); GradMode.Scope off = GradMode.noGrad()) {
            Tensor normed = LayerNorm.of(x, weight, bias, 1e-5);
            Tensor sum = Binary.add(normed, Affine.of(x, 2, 1));
            return List.of(scope.keep(sum));
        }
    }

    @Test
    void aReplayGivesTheBitsOfThePassForEveryInput() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor weight = Tensors.of(new float[] {1, 2, 3, 4}, 4).to(DEVICE);
            Tensor bias = Tensors.of(new float[] {0, 1, 0, 1}, 4).to(DEVICE);
            Tensor x = device(1, 2, 3, 4, 5, 6, 7, 9);
            try (CapturedPass captured = CapturedPass.of(DEVICE, () -> pass(x, weight, bias))) {
                for (int k = 1; k < 4; k++) {
                    float[] values = {k, 2, 3 * k, 4, -k, 6, 7, k * k};
                    x.copyFrom(values);
                    float[] eager = pass(x, weight, bias).get(0).toFloats();
                    assertArrayEquals(eager, captured.replay().get(0).toFloats());
                    assertFalse(Arrays.equals(values, eager));
                }
            }
        }
    }

    @Test
    void whatIsAllocatedBetweenReplaysDoesNotDisturbThem() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor weight = Tensors.of(new float[] {1, 2, 3, 4}, 4).to(DEVICE);
            Tensor bias = Tensors.of(new float[] {0, 1, 0, 1}, 4).to(DEVICE);
            Tensor x = device(1, 2, 3, 4, 5, 6, 7, 9);
            float[] expected = pass(x, weight, bias).get(0).toFloats();
            try (CapturedPass captured = CapturedPass.of(DEVICE, () -> pass(x, weight, bias))) {
                Tensor other = device(9, 9, 9, 9, 9, 9, 9, 9);
                assertArrayEquals(expected, captured.replay().get(0).toFloats());
                assertArrayEquals(new float[] {9, 9, 9, 9, 9, 9, 9, 9}, other.toFloats());
            }
        }
    }

    @Test
    void whatCannotBeCapturedIsRefusedAndLeavesNothingBehind() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = device(1, 2, 3, 4);
            long live = Backends.of(DEVICE).memory().liveBytes();
            String reading = assertThrows(DeviceException.class, () -> CapturedPass.of(DEVICE, () -> {
                Tensor y = Affine.of(x, 2, 0);
                y.toFloats();
                return List.of(y);
            })).getMessage();
            assertTrue(reading.contains("reading a result on the host") && reading.contains("captured"), reading);
            String upload = assertThrows(DeviceException.class, () -> CapturedPass.of(DEVICE,
                    () -> List.of(Binary.add(x, device(1, 1, 1, 1))))).getMessage();
            assertTrue(upload.contains("an upload"), upload);
            assertEquals(live, Backends.of(DEVICE).memory().liveBytes());
            // And the device goes on.
            assertArrayEquals(new float[] {2, 4, 6, 8}, Affine.of(x, 2, 0).toFloats());
        }
    }

    @Test
    void aClosedPassIsNotReplayed() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = device(1, 2, 3, 4);
            CapturedPass captured = CapturedPass.of(DEVICE, () -> List.of(Affine.of(x, 2, 0)));
            float[] once = captured.replay().get(0).toFloats();
            captured.close();
            assertThrows(DeviceException.class, captured::replay);
            assertArrayEquals(once, captured.results().get(0).toFloats(), "a result in a scope stays");
        }
    }
}
