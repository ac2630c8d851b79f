package dev.fathom.tests.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.cuda.CapturedPass;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.emulated.EmulatedDriver;
import dev.fathom.engine.cuda.emulated.EmulatedOptions;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.training.loss.Objective;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No loss has a word with the host, so a training step with any of them is captured as a CUDA graph. */
class CapturedLossTest {
    private static final Device DEVICE = Device.emulated(4);

    @BeforeEach
    void open() {
        Backends.install(new CudaBackend(DEVICE, new EmulatedDriver(EmulatedOptions.defaults())));
    }

    @AfterEach
    void close() {
        Backends.close(DEVICE);
    }

    static Stream<Objective> losses() {
        return Maps.LOSSES.stream();
    }

    private static List<Tensor> pass(Objective loss, Tensor pred, Tensor target, Tensor mask) {
        Tensor leaf = pred.asParameter();
        Tensor value = loss.of(leaf, target, mask);
        return List.of(value.detach(), Backward.of(value).of(leaf));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void aReplayHasTheBitsOfThePass(Objective loss) {
        Maps maps = Maps.random(1, 2, 9, 11, 0.7);
        double[] before = {};
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor pred = maps.pred(DEVICE);
            Tensor target = maps.target(DEVICE);
            Tensor mask = maps.mask(DEVICE);
            try (CapturedPass captured = CapturedPass.of(DEVICE, () -> pass(loss, pred, target, mask))) {
                for (int k = 2; k < 4; k++) {
                    pred.copyFrom(Maps.random(k, 2, 9, 11, 1).pred());
                    List<Tensor> eager = pass(loss, pred, target, mask);
                    double[] gradient = eager.get(1).toDoubles();
                    List<Tensor> replayed = captured.replay();
                    assertArrayEquals(eager.get(0).toDoubles(), replayed.get(0).toDoubles(), loss.name());
                    assertArrayEquals(gradient, replayed.get(1).toDoubles(), loss.name());
                    assertFalse(Arrays.equals(before, gradient), loss.name());
                    before = gradient;
                }
            }
        }
    }
}
