package dev.fathom.tests.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.predict.Pipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The three overlapping stages of {@code fathom predict}, with stages made for the test. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PipelineTest {
    private static final long UNBOUNDED = Long.MAX_VALUE;
    /** Long enough for any machine; only a test that fails waits for it. */
    private static final long PATIENCE = 30;

    /** Records what happens; each stage can be changed. */
    private static class Recorder implements Pipeline.Stages<String, String> {
        final List<Integer> computed = new ArrayList<>();
        final Set<String> finished = ConcurrentHashMap.newKeySet();
        final AtomicInteger inWork = new AtomicInteger();
        final AtomicInteger mostInWork = new AtomicInteger();
        final AtomicLong bytes = new AtomicLong();
        final AtomicLong mostBytes = new AtomicLong();

        @Override
        public long bytes(int index) {
            return 0;
        }

        @Override
        public String prepare(int index) {
            mostInWork.accumulateAndGet(inWork.incrementAndGet(), Math::max);
            mostBytes.accumulateAndGet(bytes.addAndGet(bytes(index)), Math::max);
            return "p" + index;
        }

        @Override
        public String compute(int index, String prepared) {
            computed.add(index);
            return prepared + "c" + index;
        }

        @Override
        public void finish(int index, String value) {
            finished.add(value + "f" + index);
            bytes.addAndGet(-bytes(index));
            inWork.decrementAndGet();
        }
    }

    private static Pipeline<String, String> of(Recorder stages, int count, int threads) {
        return new Pipeline<>(stages, count, threads, UNBOUNDED, index -> { });
    }

    @Property(tries = 200)
    void everyItemGoesThroughAllStagesAndComputesInOrder(@ForAll @IntRange(max = 30) int count,
            @ForAll @IntRange(max = 4) int threads, @ForAll @LongRange(min = 1, max = 50) long most) {
        Recorder stages = new Recorder() {
            @Override
            public long bytes(int index) {
                return index * 7 % 20;
            }
        };
        Set<Integer> ended = ConcurrentHashMap.newKeySet();
        Pipeline.Outcome outcome = new Pipeline<>(stages, count, threads, most, ended::add).run();
        assertEquals(count, outcome.done());
        assertFalse(outcome.stopped());
        assertTrue(outcome.failures().isEmpty());
        assertEquals(IntStream.range(0, count).boxed().toList(), stages.computed);
        for (int i = 0; i < count; i++) {
            assertTrue(stages.finished.contains("p" + i + "c" + i + "f" + i), "item " + i);
        }
        assertEquals(count, ended.size());
        assertTrue(stages.mostInWork.get() <= 2 * threads + 3, stages.mostInWork + " at once with " + threads);
        // An item larger than all that is allowed comes in alone.
        assertTrue(stages.mostBytes.get() <= Math.max(most, 19), stages.mostBytes + " bytes of " + most);
    }

    /** While the first item is computed, the next are prepared, but no more than are promised; then the same behind. */
    @Test
    void stagesOverlapAndWaitForEachOther() throws InterruptedException {
        Semaphore computing = new Semaphore(0);
        Semaphore finishing = new Semaphore(0);
        Semaphore prepared = new Semaphore(0);
        CountDownLatch fourth = new CountDownLatch(4);
        Recorder stages = new Recorder() {
            @Override
            public String prepare(int index) {
                String item = super.prepare(index);
                prepared.release();
                return item;
            }

            @Override
            public String compute(int index, String item) {
                take(computing, 1);
                fourth.countDown();
                return super.compute(index, item);
            }

            @Override
            public void finish(int index, String value) {
                take(finishing, 1);
                super.finish(index, value);
            }
        };
        Pipeline<String, String> pipeline = of(stages, 20, 1);
        Thread runner = Thread.ofPlatform().start(pipeline::run);
        take(prepared, 3);
        assertFalse(prepared.tryAcquire(200, TimeUnit.MILLISECONDS), "one in the network, two ahead, no more");
        computing.release(20);
        // Nothing is finished: one in the hands of the thread behind, one waiting for it, one that cannot be passed on.
        take(prepared, 2);
        assertFalse(fourth.await(200, TimeUnit.MILLISECONDS), "the network waits for the files");
        assertEquals(3, stages.computed.size());
        finishing.release(20);
        runner.join();
        assertEquals(20, stages.finished.size());
    }

    private static void take(Semaphore semaphore, int permits) {
        try {
            assertTrue(semaphore.tryAcquire(permits, PATIENCE, TimeUnit.SECONDS), "waited in vain");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Property(tries = 60)
    void aFailureCostsItsOwnItemAndIsToldInOrder(@ForAll @IntRange(max = 3) int threads) {
        Recorder stages = new Recorder() {
            @Override
            public String prepare(int index) {
                refuse(index == 9 || index == 0, "prepare " + index);
                return super.prepare(index);
            }

            @Override
            public String compute(int index, String prepared) {
                refuse(index == 4, "compute " + index);
                return super.compute(index, prepared);
            }

            @Override
            public void finish(int index, String computed) {
                refuse(index == 2 || index == 7, "finish " + index);
                super.finish(index, computed);
            }
        };
        AtomicInteger ended = new AtomicInteger();
        Pipeline.Outcome outcome = new Pipeline<>(stages, 11, threads, UNBOUNDED, index -> ended.incrementAndGet())
                .run();
        assertEquals(List.of("prepare 0", "finish 2", "compute 4", "finish 7", "prepare 9"),
                outcome.failures().stream().map(Throwable::getMessage).toList());
        assertEquals(6, outcome.done());
        assertEquals(6, stages.finished.size());
        assertEquals(11, ended.get());
        assertFalse(outcome.stopped());
    }

    /** Milliseconds, so that a thousand items do not pass before another thread has said that it failed. */
    private static void aMoment(int index) {
        try {
            Thread.sleep(Math.min(index, 5));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void refuse(boolean condition, String words) {
        if (condition) {
            throw new FathomException(words);
        }
    }

    @Property(tries = 60)
    void aFileThatCannotBeWrittenStopsEverything(@ForAll @IntRange(max = 3) int threads) {
        CheckpointException full = new CheckpointException("the disk is full");
        Recorder stages = new Recorder() {
            @Override
            public String compute(int index, String prepared) {
                aMoment(index);
                return super.compute(index, prepared);
            }

            @Override
            public void finish(int index, String computed) {
                if (index == 5) {
                    throw full;
                }
                super.finish(index, computed);
            }
        };
        assertSame(full, assertThrows(CheckpointException.class, () -> of(stages, 1_000, threads).run()));
        assertTrue(stages.computed.size() < 1_000, "not all went on");
    }

    @Property(tries = 30)
    void anyOtherFailureIsThrownFromWhereverItComes(@ForAll @IntRange(max = 3) int threads,
            @ForAll @IntRange(max = 2) int where) {
        Error error = new OutOfMemoryError("full");
        Recorder stages = new Recorder() {
            private void strike(int stage, int index) {
                if (stage == where && index == 6) {
                    throw error;
                }
            }

            @Override
            public String prepare(int index) {
                strike(0, index);
                return super.prepare(index);
            }

            @Override
            public String compute(int index, String prepared) {
                strike(1, index);
                aMoment(index);
                return super.compute(index, prepared);
            }

            @Override
            public void finish(int index, String computed) {
                strike(2, index);
                super.finish(index, computed);
            }
        };
        assertSame(error, assertThrows(OutOfMemoryError.class, () -> of(stages, 1_000, threads).run()));
        assertTrue(stages.computed.size() < 1_000, "not all went on");
    }

    /** What is computed when the stop is asked for is finished too; nothing else is begun. */
    @Property(tries = 60)
    void aStopLeavesNothingHalfDone(@ForAll @IntRange(max = 3) int threads) {
        AtomicInteger ended = new AtomicInteger();
        List<Pipeline<String, String>> itself = new ArrayList<>();
        Recorder stages = new Recorder() {
            @Override
            public String compute(int index, String prepared) {
                if (index == 7) {
                    itself.getFirst().requestStop();
                }
                return super.compute(index, prepared);
            }
        };
        itself.add(new Pipeline<>(stages, 50, threads, UNBOUNDED, index -> ended.incrementAndGet()));
        Pipeline.Outcome outcome = itself.getFirst().run();
        assertTrue(outcome.stopped());
        assertEquals(8, stages.computed.size());
        assertEquals(8, outcome.done());
        assertEquals(8, stages.finished.size());
        assertEquals(8, ended.get());
    }

    /** The share of the time that was spent computing is between nothing and all. */
    @Test
    void theBusyShareIsAShare() {
        Recorder slowReader = new Recorder() {
            @Override
            public String prepare(int index) {
                aMoment(20);
                return super.prepare(index);
            }
        };
        double waiting = of(slowReader, 10, 0).run().busy();
        assertTrue(waiting >= 0 && waiting < 0.9, "the network mostly waits: " + waiting);
        assertTrue(of(new Recorder(), 1, 0).run().busy() <= 1);
    }
}
