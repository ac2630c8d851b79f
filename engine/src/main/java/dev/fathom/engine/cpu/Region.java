package dev.fathom.engine.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** One parallel region of a {@link WorkPool}: the tasks not yet claimed, those not yet ended, the first failure. */
final class Region {
    private final int tasks;
    private final WorkPool.Task body;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger unfinished;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile Thread waiter;

    Region(int tasks, WorkPool.Task body) {
        this.tasks = tasks;
        this.body = body;
        this.unfinished = new AtomicInteger(tasks);
    }

    /**
     * Claims and runs tasks until none is left. After a failure the remaining ones are claimed but not run.
     *
     * @param worker counts the time that its tasks take; null for the caller
     */
    void work(WorkPool.Worker worker) {
        long start = worker == null ? 0 : System.nanoTime();
        int index;
        while (next.get() < tasks && (index = next.getAndIncrement()) < tasks) {
            try {
                if (failure.get() == null) {
                    body.run(index);
                }
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
            } finally {
                if (worker != null) {
                    long now = System.nanoTime();
                    worker.add(now - start);
                    start = now;
                }
                if (unfinished.decrementAndGet() == 0) {
                    LockSupport.unpark(waiter);
                }
            }
        }
    }

    /** Waits until every task has ended: first spinning, then parked. An interrupt is kept for the caller to see. */
    void await(long spinNanos) {
        long start = System.nanoTime();
        while (unfinished.get() > 0 && System.nanoTime() - start < spinNanos) {
            Thread.onSpinWait();
        }
        waiter = Thread.currentThread();
        boolean interrupted = false;
        while (unfinished.get() > 0) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void rethrow() {
        switch (failure.get()) {
            case null -> { }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException("A parallel task failed: " + e, e);
        }
    }
}
