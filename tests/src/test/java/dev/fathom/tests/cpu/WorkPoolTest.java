package dev.fathom.tests.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cpu.WorkPool;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class WorkPoolTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void runsEveryTaskExactlyOnceInManyShortRegions(int threads) {
        try (WorkPool pool = new WorkPool(threads)) {
            for (int round = 0; round < 500; round++) {
                int tasks = round % 37;
                AtomicIntegerArray seen = new AtomicIntegerArray(tasks + 1);
                pool.run(tasks, seen::incrementAndGet);
                for (int i = 0; i < tasks; i++) {
                    assertEquals(1, seen.get(i), "task " + i + " of " + tasks);
                }
            }
        }
    }

    @Test
    void workersAndCallerShareARegion() {
        try (WorkPool pool = new WorkPool(3)) {
            // Each task waits for the other two: ends only if three threads are on it at once.
            CountDownLatch together = new CountDownLatch(3);
            Set<Thread> who = ConcurrentHashMap.newKeySet();
            pool.run(3, i -> {
                who.add(Thread.currentThread());
                together.countDown();
                await(together);
            });
            assertEquals(3, who.size());
            assertTrue(who.contains(Thread.currentThread()));
        }
    }

    @Test
    void parkedWorkersWakeUp() throws InterruptedException {
        try (WorkPool pool = new WorkPool(2)) {
            for (int round = 0; round < 5; round++) {
                Thread.sleep(20);
                CountDownLatch both = new CountDownLatch(2);
                pool.run(2, i -> {
                    both.countDown();
                    await(both);
                });
            }
        }
    }

    @Test
    void whatTasksWroteIsVisibleToTheCaller() {
        try (WorkPool pool = new WorkPool(2)) {
            int[] plain = new int[64];
            for (int round = 1; round < 2000; round++) {
                int value = round;
                pool.run(plain.length, i -> plain[i] = value);
                for (int i = 0; i < plain.length; i++) {
                    assertEquals(value, plain[i]);
                }
            }
        }
    }

    @Test
    void firstFailureIsThrownAndThePoolStaysUsable() {
        try (WorkPool pool = new WorkPool(3)) {
            IllegalStateException planned = new IllegalStateException("planned");
            AtomicInteger after = new AtomicInteger();
            Throwable thrown = assertThrows(IllegalStateException.class, () -> pool.run(100_000, i -> {
                if (i == 5) {
                    throw planned;
                }
                if (i > 5) {
                    after.incrementAndGet();
                }
            }));
            assertSame(planned, thrown);
            assertTrue(after.get() < 99_994, "tasks went on after the failure");
            AtomicInteger sum = new AtomicInteger();
            pool.run(10, sum::addAndGet);
            assertEquals(45, sum.get());
        }
    }

    @Test
    void nestedRegionsRunInline() {
        try (WorkPool pool = new WorkPool(2)) {
            AtomicInteger inner = new AtomicInteger();
            pool.run(4, i -> {
                Thread here = Thread.currentThread();
                pool.run(5, j -> {
                    assertSame(here, Thread.currentThread());
                    inner.incrementAndGet();
                });
            });
            assertEquals(20, inner.get());
        }
    }

    @Test
    void aSecondCallerDoesNotWaitForTheFirst() throws InterruptedException {
        try (WorkPool pool = new WorkPool(2)) {
            CountDownLatch secondIsDone = new CountDownLatch(1);
            CountDownLatch firstIsIn = new CountDownLatch(2);
            Thread first = new Thread(() -> pool.run(2, i -> {
                firstIsIn.countDown();
                await(secondIsDone);
            }));
            first.start();
            await(firstIsIn);
            AtomicInteger sum = new AtomicInteger();
            pool.run(10, sum::addAndGet);
            assertEquals(45, sum.get());
            secondIsDone.countDown();
            first.join();
        }
    }

    @Test
    void replacingTheSharedPoolGivesTheFormerOneBack() {
        WorkPool former = WorkPool.shared();
        try (WorkPool three = new WorkPool(3)) {
            assertSame(former, WorkPool.replaceShared(three));
            assertEquals(3, WorkPool.shared().threads());
            assertSame(three, WorkPool.replaceShared(former));
        }
    }

    @Test
    void aClosedPoolAndAnEmptyPoolAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new WorkPool(0));
        WorkPool pool = new WorkPool(2);
        pool.close();
        assertThrows(IllegalStateException.class, () -> pool.run(2, i -> { }));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
