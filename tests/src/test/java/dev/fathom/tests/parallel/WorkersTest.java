package dev.fathom.tests.parallel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.training.parallel.Communicator;
import dev.fathom.training.parallel.Workers;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The collective operations among threads. */
class WorkersTest {
    /** Far longer than anything here takes: only a deadlock meets it. */
    private static final Duration DEADLOCK = Duration.ofSeconds(60);

    private static List<Device> cpu(int count) {
        return Collections.nCopies(count, Device.CPU);
    }

    /** Large beside small terms, so that another order of adding has other bits. */
    private static float term(int rank, int i) {
        return (float) (Math.sin(1 + 31 * rank + 7 * i) * Math.pow(10, (rank * 5 + i) % 7));
    }

    private static float[] terms(int rank, int n) {
        float[] out = new float[n];
        for (int i = 0; i < n; i++) {
            out[i] = term(rank, i);
        }
        return out;
    }

    /** ((g0 + g1) + g2) + ..., in float32. */
    private static float[] inOrder(int workers, int n) {
        float[] sum = terms(0, n);
        for (int r = 1; r < workers; r++) {
            for (int i = 0; i < n; i++) {
                sum[i] += term(r, i);
            }
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void sumsAreFormedInTheOrderOfTheRanks(int count) {
        Map<Integer, float[]> seen = new ConcurrentHashMap<>();
        try (Workers workers = new Workers(cpu(count)); MemoryScope scope = MemoryScope.open("test")) {
            float[] root = workers.run(group -> {
                Tensor t = Tensors.of(terms(group.rank(), 1000), 10, 100);
                group.reduce(List.of(t), 0);
                if (group.rank() > 0) {
                    assertArrayEquals(terms(group.rank(), 1000), t.toFloats(), "only the root's change");
                }
                return t.toFloats();
            });
            assertArrayEquals(inOrder(count, 1000), root);
            workers.run(group -> {
                Tensor t = Tensors.of(terms(group.rank(), 1000), 1000);
                group.allReduce(List.of(t));
                return seen.put(group.rank(), t.toFloats());
            });
        }
        assertEquals(count, seen.size());
        seen.forEach((rank, values) -> assertArrayEquals(inOrder(count, 1000), values, "rank " + rank));
    }

    @Test
    void whoHasNothingToAddIsLeftOut() {
        try (Workers workers = new Workers(cpu(3)); MemoryScope scope = MemoryScope.open("test")) {
            float[] sum = workers.run(group -> {
                Tensor t = Tensors.of(new float[] {1 << group.rank()}, 1);
                group.reduce(group.rank() == 1 ? List.of() : List.of(t), 0);
                return t.toFloats();
            });
            assertArrayEquals(new float[] {5}, sum);
        }
    }

    @Test
    void gatheredNumbersAndBroadcastTensorsAreEverybodys() {
        Map<Integer, String> seen = new ConcurrentHashMap<>();
        try (Workers workers = new Workers(cpu(3)); MemoryScope scope = MemoryScope.open("test")) {
            workers.run(group -> {
                double[] own = new double[group.rank()];
                Arrays.fill(own, group.rank() + 0.5);
                double[][] all = group.allGather(own);
                Tensor t = Tensors.of(terms(group.rank(), 3), 3);
                group.broadcast(List.of(t), 2);
                return seen.put(group.rank(), Arrays.deepToString(all) + Arrays.toString(t.toFloats()));
            });
        }
        String expected = "[[], [1.5], [2.5, 2.5]]" + Arrays.toString(terms(2, 3));
        assertEquals(Map.of(0, expected, 1, expected, 2, expected), seen);
    }

    /** Each emulated GPU has memory of its own: a tensor of one is nothing to the other. */
    @Test
    void amongSeveralDevices() {
        List<Device> devices = List.of(Device.emulated(0), Device.emulated(1), Device.CPU);
        Map<Integer, float[]> seen = new ConcurrentHashMap<>();
        try (Workers workers = new Workers(devices); MemoryScope scope = MemoryScope.open("test")) {
            workers.run(group -> {
                Tensor t = Tensors.of(terms(group.rank(), 100), 100).to(devices.get(group.rank()));
                group.allReduce(List.of(t));
                assertEquals(devices.get(group.rank()), t.device());
                return seen.put(group.rank(), t.toFloats());
            });
        } finally {
            Backends.close(Device.emulated(0));
            Backends.close(Device.emulated(1));
        }
        for (int rank = 0; rank < 3; rank++) {
            assertArrayEquals(inOrder(3, 100), seen.get(rank), "rank " + rank);
        }
    }

    @Test
    void listsThatDifferAreRefused() {
        try (Workers workers = new Workers(cpu(2)); MemoryScope scope = MemoryScope.open("test")) {
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> workers.run(group -> {
                group.allReduce(List.of(Tensors.of(new float[2 + group.rank()], 2 + group.rank())));
                return null;
            }));
            assertTrue(e.getMessage().contains("every worker must pass the same list"), e.getMessage());
        }
    }

    /** Wherever it stands and whatever the others do, it is told once, by name, and the workers can run again. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void oneFailureEndsAllAndIsToldOnce(int bad) {
        assertTimeoutPreemptively(DEADLOCK, () -> {
            try (Workers workers = new Workers(cpu(3))) {
                AtomicInteger after = new AtomicInteger();
                for (int round = 0; round < 20; round++) {
                    FathomException e = assertThrows(FathomException.class, () -> workers.run(group -> {
                        group.barrier();
                        if (group.rank() == bad) {
                            throw new FathomException("planted");
                        }
                        group.barrier();
                        return after.incrementAndGet();
                    }));
                    assertEquals("Worker " + (bad + 1) + " of 3 (cpu): planted", e.getMessage());
                    assertEquals(0, e.getSuppressed().length);
                    assertEquals(0, workers.run(Communicator::rank));
                }
                assertEquals(0, after.get(), "nobody passes a barrier that one never reached");
            }
        });
    }

    /** An error that is no sentence of ours (the heap is full, say) is passed on too. */
    @Test
    void anErrorIsNoReasonToWait() {
        assertTimeoutPreemptively(DEADLOCK, () -> {
            try (Workers workers = new Workers(cpu(2))) {
                OutOfMemoryError planted = new OutOfMemoryError("planted");
                IllegalStateException e = assertThrows(IllegalStateException.class, () -> workers.run(group -> {
                    if (group.rank() == 1) {
                        throw planted;
                    }
                    return group.allGather(new double[1]);
                }));
                assertSame(planted, e.getCause());
                assertTrue(e.getMessage().startsWith("Worker 2 of 2 (cpu) failed: "), e.getMessage());
            }
        });
    }

    @Test
    void workersShareTheThreadsOut() {
        try (WorkPool five = new WorkPool(5)) {
            WorkPool former = WorkPool.replaceShared(five);
            try (Workers workers = new Workers(cpu(3))) {
                Map<Integer, Integer> threads = new ConcurrentHashMap<>();
                workers.run(group -> threads.put(group.rank(), WorkPool.shared().threads()));
                assertEquals(Map.of(0, 2, 1, 2, 2, 1), threads);
                assertSame(five, WorkPool.shared(), "afterwards all are the caller's");
            } finally {
                WorkPool.replaceShared(former);
            }
        }
    }

    /** Two passes hold the same weight at once. If a hold were lost in between, it could not be freed, or too early. */
    @Test
    void weightsMayBeHeldByPassesThatRunAtOnce() {
        try (Workers workers = new Workers(cpu(2)); MemoryScope scope = MemoryScope.open("weights")) {
            Tensor weight = Tensors.of(terms(0, 4), 2, 2);
            weight.storage().retain();
            scope.drop(weight);
            workers.run(group -> {
                for (int i = 0; i < 2_000_000; i++) {
                    if (i % 10_000 == 0) {
                        group.barrier();
                    }
                    weight.storage().retain();
                    weight.storage().release();
                }
                return null;
            });
            assertFalse(weight.storage().isClosed(), "the first hold is left");
            weight.storage().release();
            assertTrue(weight.storage().isClosed(), "nobody holds it");
        }
    }
}
