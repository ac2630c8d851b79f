package dev.fathom.engine.cpu;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed pool of threads that runs parallel regions: {@code run(tasks, body)} calls {@code body} once for each task
 * index and returns when all are done.
 *
 * <p><b>Determinism.</b> The pool decides only <em>who</em> runs a task, never <em>what</em> a task is. A kernel whose
 * split into tasks depends on shapes alone, and whose tasks write disjoint elements with a fixed order of summation,
 * gives the same bits on 1 thread or 16. So do not derive a task count from {@link #threads()}.
 *
 * <p><b>Scheduling.</b> Threads claim the next task from a counter, so uneven tasks balance themselves. The caller
 * takes part and is one of the {@link #threads()}. Idle workers spin for about 0.1 ms before they park: kernels of one
 * network follow each other within microseconds, and waking a parked thread costs tens of them.
 *
 * <p><b>Nesting.</b> A region started inside a task, or while another thread's region is running, runs at once on the
 * calling thread alone; it never waits for the pool. Whoever works beside a network, reading pictures for it say, does so
 * on a thread of {@link #aside}, which leaves the pool alone even when it is free: the network's next kernel would find
 * it taken.
 *
 * <p><b>Several passes at once.</b> A thread that runs a network of its own beside another thread's (a worker of
 * data-parallel training) brings its own pool for its kernels, {@link #use}: with one pool for both, the network that
 * comes second to a kernel would run it on one thread.
 *
 * <p><b>Failures.</b> The first exception of a task stops the claiming of further tasks and is thrown by {@code run}
 * once the tasks already running have ended.
 */
public final class WorkPool implements AutoCloseable {
    /** The body of a parallel region. */
    @FunctionalInterface
    public interface Task {
        /** Runs task number {@code index}, from 0 to the number of tasks less one. */
        void run(int index);
    }

    private static final long SPIN_NANOS = 100_000;
    private static final AtomicReference<WorkPool> SHARED = new AtomicReference<>();
    /** What a thread uses instead of the shared pool. */
    private static final ThreadLocal<WorkPool> OWN = new ThreadLocal<>();

    private final int threads;
    private final boolean idle;
    private final Worker[] workers;
    private final long spinNanos;
    /** The thread whose region the workers are on; null when the pool is free. */
    private final AtomicReference<Thread> owner = new AtomicReference<>();
    private volatile Region current;
    private volatile boolean closed;

    /**
     * A pool of its own, apart from the shared one.
     *
     * @param threads number of threads that take part in a region, the caller included; at least 1
     */
    public WorkPool(int threads) {
        this(threads, false);
    }

    /**
     * A pool that runs no task at all. On a thread that {@linkplain #use() uses} it, kernels ask for their memory and
     * compute nothing: for finding out how much that is.
     */
    public static WorkPool idle() {
        return new WorkPool(1, true);
    }

    private WorkPool(int threads, boolean idle) {
        if (threads < 1) {
            throw new IllegalArgumentException("WorkPool: the number of threads is " + threads
                + ", but a pool needs at least 1 (the caller itself).");
        }
        this.threads = threads;
        this.idle = idle;
        // With more threads than processors a spinning thread keeps the one it waits for from running.
        this.spinNanos = threads <= Runtime.getRuntime().availableProcessors() ? SPIN_NANOS : 0;
        this.workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker("fathom-worker-" + (i + 1));
            workers[i].start();
        }
    }

    /** Until the visit is closed, {@link #shared()} is this pool for the calling thread; for one thread at a time. */
    public Visit use() {
        return new Visit(this);
    }

    /** A time during which a thread uses a pool of its own. */
    public static final class Visit implements AutoCloseable {
        private final WorkPool outer = OWN.get();

        private Visit(WorkPool pool) {
            OWN.set(pool);
        }

        @Override
        public void close() {
            if (outer == null) {
                OWN.remove();
            } else {
                OWN.set(outer);
            }
        }
    }

    /**
     * The pool that kernels use: what the calling thread {@linkplain #use() brought}, else that of the process, made on
     * first use with as many threads as {@link Processors#threads()} says (property {@code fathom.threads}, else the
     * physical cores).
     */
    public static WorkPool shared() {
        WorkPool own = OWN.get();
        return own != null ? own : ofProcess();
    }

    private static WorkPool ofProcess() {
        WorkPool pool = SHARED.get();
        if (pool != null) {
            return pool;
        }
        synchronized (SHARED) {
            if (SHARED.get() == null) {
                SHARED.set(new WorkPool(Processors.threads()));
            }
            return SHARED.get();
        }
    }

    /**
     * Makes {@code pool} the shared one of the process and returns the pool that was (made now if there was none), for
     * the caller to close or to put back.
     */
    public static WorkPool replaceShared(WorkPool pool) {
        if (pool == null) {
            throw new IllegalArgumentException("WorkPool.replaceShared: the pool is null, but kernels need one.");
        }
        WorkPool former = ofProcess();
        SHARED.set(pool);
        return former;
    }

    /** A daemon thread, not yet started, whose regions always run on itself alone. */
    public static Thread aside(String name, Runnable body) {
        return new Aside(name, body);
    }

    /** Number of threads that take part in a region, the caller included. */
    public int threads() {
        return threads;
    }

    /** Nanoseconds that all threads but the callers' have spent in tasks so far: what is missing was spent waiting. */
    public long workerNanos() {
        long sum = 0;
        for (Worker worker : workers) {
            sum += worker.busy;
        }
        return sum;
    }

    /** How often a thread has given up waiting for the next region and has had to be woken. */
    public long workerParks() {
        long sum = 0;
        for (Worker worker : workers) {
            sum += worker.parks;
        }
        return sum;
    }

    /**
     * Calls {@code body.run(i)} for every i in 0 .. tasks-1, each exactly once, and returns when all have ended. What
     * the tasks wrote is visible to the caller.
     */
    public void run(int tasks, Task body) {
        if (idle) {
            return;
        }
        if (tasks <= 1 || workers.length == 0 || Thread.currentThread() instanceof Worker
                || Thread.currentThread() instanceof Aside
                || !owner.compareAndSet(null, Thread.currentThread())) {
            for (int i = 0; i < tasks; i++) {
                body.run(i);
            }
            return;
        }
        try {
            if (closed) {
                throw new IllegalStateException("WorkPool.run: this pool of " + threads
                    + " threads is closed; use another one.");
            }
            Region region = new Region(tasks, body);
            current = region;
            int wanted = Math.min(tasks - 1, workers.length);
            for (int i = 0; i < wanted; i++) {
                workers[i].wake();
            }
            region.work(null);
            region.await(spinNanos);
            current = null;
            region.rethrow();
        } finally {
            current = null;
            owner.set(null);
        }
    }

    /** Ends the workers. A region that is running ends first; a later {@link #run} with several tasks is refused. */
    @Override
    public void close() {
        closed = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    /** See {@link #aside}. */
    private static final class Aside extends Thread {
        Aside(String name, Runnable body) {
            super(body, name);
            setDaemon(true);
        }
    }

    /** A thread that waits for regions and helps with them. Daemon: an idle pool never keeps a program alive. */
    final class Worker extends Thread {
        private volatile boolean parked;
        private volatile long busy;
        private volatile long parks;

        Worker(String name) {
            super(name);
            setDaemon(true);
        }

        void add(long nanos) {
            busy += nanos;
        }

        void wake() {
            if (parked) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            Region last = null;
            while (!closed) {
                Region region = current;
                if (region != null && region != last) {
                    region.work(this);
                }
                last = region;
                await(last);
            }
        }

        /**
         * Returns when there is a region other than {@code last}, or the pool is closed (or sometimes without reason).
         */
        private void await(Region last) {
            if (news(last)) {
                return;
            }
            long start = System.nanoTime();
            while (System.nanoTime() - start < spinNanos) {
                Thread.onSpinWait();
                if (news(last)) {
                    return;
                }
            }
            // The order matters: `parked` is set before the last look, and run() publishes before it reads `parked`.
            parked = true;
            if (!news(last)) {
                parks++;
                LockSupport.park(WorkPool.this);
            }
            parked = false;
        }

        private boolean news(Region last) {
            Region region = current;
            return closed || (region != null && region != last);
        }
    }
}
