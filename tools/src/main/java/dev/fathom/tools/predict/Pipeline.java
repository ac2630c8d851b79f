package dev.fathom.tools.predict;

import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.OrderedPrefetch;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Three stages that overlap: items are prepared ahead on a few threads, computed in order on the calling thread, and
 * finished behind it on a few more, so that the network need not wait for files.
 *
 * <p><b>Memory.</b> Each side is at most its threads and one item ahead or behind, and all items together stay within
 * an {@link Allowance}. <b>Failures.</b> A {@link FathomException} costs its own item alone. A {@link
 * CheckpointException} (writing failed: a full disk, say; the next item would fare no better) or any other failure
 * stops everything and is thrown. <b>Results</b> are those of one item after the other.
 *
 * @param <A> a prepared item
 * @param <B> a computed one
 */
public final class Pipeline<A, B> {
    /** What is done with an item. */
    public interface Stages<A, B> {
        /** Memory that the item takes from its preparation until it is finished, about. */
        long bytes(int index);

        /** On a thread beside; several at once. */
        A prepare(int index);

        /** On the thread that runs the pipeline, in order. */
        B compute(int index, A prepared);

        /** On a thread behind; several at once. */
        void finish(int index, B computed);
    }

    /**
     * What came of a run.
     *
     * @param done     items finished
     * @param failures what the others failed by, in their order; empty places there are none
     * @param busy     share of the time from the first computation's beginning to the last one's end that was spent in
     *                 computations, 0 to 1
     * @param stopped  whether it was asked to stop before the end
     */
    public record Outcome(int done, List<FathomException> failures, double busy, boolean stopped) {
    }

    private record Prepared<A>(A item, FathomException failure, long bytes) {
    }

    private final Stages<A, B> stages;
    private final int count;
    private final int threads;
    private final Allowance allowance;
    private final IntConsumer ended;
    private final Map<Integer, FathomException> failures = new TreeMap<>();
    private final AtomicInteger done = new AtomicInteger();
    private final Semaphore behind;
    private volatile boolean stopped;
    private volatile Throwable fatal;
    private long firstStart;
    private long lastEnd;
    private long computing;

    /**
     * @param threads on each side; 0 to do one item after the other on the calling thread
     * @param bytes   that items in work may take together
     * @param ended   called with each item's number once it is finished or has failed, on any thread
     */
    public Pipeline(Stages<A, B> stages, int count, int threads, long bytes, IntConsumer ended) {
        this.stages = stages;
        this.count = count;
        this.threads = threads;
        this.allowance = new Allowance(bytes);
        this.ended = ended;
        this.behind = new Semaphore(threads + 1);
    }

    /** Ends the run after the items that are computed by then, or being computed. From any thread. */
    public void requestStop() {
        stopped = true;
    }

    /**
     * Runs all items; once.
     *
     * @throws RuntimeException the failure that stopped everything
     */
    public Outcome run() {
        if (threads == 0) {
            for (int i = 0; i < count && !stopped; i++) {
                oneByOne(i);
            }
        } else {
            overlapping();
        }
        double span = Math.max(1, lastEnd - firstStart);
        return new Outcome(done.get(), List.copyOf(failures.values()), computing / span,
                done.get() + failures.size() < count);
    }

    private void oneByOne(int index) {
        try {
            stages.finish(index, compute(index, stages.prepare(index)));
            succeeded(index);
        } catch (FathomException e) {
            failed(index, e);
        }
    }

    private void overlapping() {
        ExecutorService writers = Executors.newFixedThreadPool(threads, body -> WorkPool.aside("fathom-write", body));
        try (OrderedPrefetch<Prepared<A>> ahead = new OrderedPrefetch<>("fathom-read", 0, count, threads, threads + 1,
                this::prepare)) {
            try {
                for (int i = 0; i < count && !stopped && fatal == null; i++) {
                    passOn(i, ahead.next(), writers);
                }
            } finally {
                // Before the threads ahead are waited for: some may wait to be let in.
                allowance.close();
            }
        } finally {
            await(writers);
        }
        switch (fatal) {
            case null -> { }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(fatal);
        }
    }

    /** A thread ahead: an item, or why there is none; null once nobody wants it any more. */
    private Prepared<A> prepare(int index) {
        long bytes = stages.bytes(index);
        if (!allowance.enter(index, bytes)) {
            return null;
        }
        try {
            return new Prepared<>(stages.prepare(index), null, bytes);
        } catch (CheckpointException e) {
            throw e;
        } catch (FathomException e) {
            return new Prepared<>(null, e, bytes);
        }
    }

    private void passOn(int index, Prepared<A> prepared, ExecutorService writers) {
        B computed;
        try {
            if (prepared.failure != null) {
                throw prepared.failure;
            }
            computed = compute(index, prepared.item);
        } catch (FathomException e) {
            failed(index, e);
            allowance.leave(prepared.bytes);
            return;
        }
        // Waits where the threads behind cannot keep up.
        behind.acquireUninterruptibly();
        writers.execute(() -> finish(index, computed, prepared.bytes));
    }

    private B compute(int index, A prepared) {
        long start = System.nanoTime();
        firstStart = computing == 0 ? start : firstStart;
        try {
            return stages.compute(index, prepared);
        } finally {
            lastEnd = System.nanoTime();
            computing += lastEnd - start;
        }
    }

    private void finish(int index, B computed, long bytes) {
        try {
            if (fatal == null) {
                stages.finish(index, computed);
                succeeded(index);
            }
        } catch (FathomException e) {
            stopOrFail(index, e);
        } catch (Throwable e) {     // an OutOfMemoryError, too, belongs to whoever runs the pipeline
            stop(e);
        } finally {
            allowance.leave(bytes);
            behind.release();
        }
    }

    private void stopOrFail(int index, FathomException e) {
        try {
            failed(index, e);
        } catch (CheckpointException writing) {
            stop(writing);
        }
    }

    private synchronized void stop(Throwable e) {
        fatal = fatal == null ? e : fatal;
    }

    private void succeeded(int index) {
        done.incrementAndGet();
        ended.accept(index);
    }

    private void failed(int index, FathomException e) {
        if (e instanceof CheckpointException) {
            throw e;
        }
        synchronized (this) {
            failures.put(index, e);
        }
        ended.accept(index);
    }

    private static void await(ExecutorService writers) {
        writers.shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                if (writers.awaitTermination(1, TimeUnit.DAYS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
