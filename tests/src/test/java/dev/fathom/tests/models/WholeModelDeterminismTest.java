package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.Device;
import dev.fathom.engine.cpu.WorkPool;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same bits for every number of threads, and every time: prediction, taps, loss and all gradients of a whole
 * network.
 */
class WholeModelDeterminismTest {

    @ParameterizedTest
    @ValueSource(strings = {"tiny_metric_112x154_up", "tiny_swiglu_relative", "tiny_bn_cls_train"})
    void theSameBitsOnOneTwoAndThreeThreadsAndAgain(String name) {
        TinyCase golden = TinyCase.read(name);
        Map<String, double[]> once = bits(golden, 1);
        for (int threads : new int[] {2, 3, 1}) {
            Map<String, double[]> again = bits(golden, threads);
            assertEquals(once.keySet(), again.keySet());
            once.forEach((what, values) -> assertArrayEquals(asLongs(values), asLongs(again.get(what)), what + " on "
                    + threads + " threads"));
        }
    }

    private static Map<String, double[]> bits(TinyCase golden, int threads) {
        try (WorkPool pool = new WorkPool(threads)) {
            WorkPool former = WorkPool.replaceShared(pool);
            try {
                TinyRun run = TinyRun.of(golden, Device.CPU);
                Map<String, double[]> all = new LinkedHashMap<>(run.results());
                all.putAll(run.gradients());
                all.putAll(run.buffers());
                return all;
            } finally {
                WorkPool.replaceShared(former);
            }
        }
    }

    /** Compared as bits, so that 0 and -0 differ. */
    private static long[] asLongs(double[] values) {
        return Arrays.stream(values).mapToLong(Double::doubleToRawLongBits).toArray();
    }
}
