package dev.fathom.training.parallel;

import dev.fathom.engine.Device;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Workers of one training as threads of this process. Worker 0 is the calling thread itself, in its own scopes; each other
 * has a thread that lives as long as this. Workers on the processor share its threads out among themselves.
 *
 * <p>For one thread at a time.
 */
public final class Workers implements AutoCloseable {
    /**
     * What every worker does.
     *
     * @param <T> its result; that of worker 0 is the result of all
     */
    @FunctionalInterface
    public interface Job<T> {
        T run(Communicator group);
    }

    /** The first failure of a run; what others say after it is its consequence. */
    private record Failure(int rank, Throwable cause) {
    }

    private final List<Device> devices;
    private final Rendezvous meeting;
    private final List<ExecutorService> threads = new ArrayList<>();
    private final List<WorkPool> pools = new ArrayList<>();
    private final AtomicReference<Failure> failure = new AtomicReference<>();

    /** @param devices where each works; the first is worker 0's */
    public Workers(List<Device> devices) {
        if (devices.isEmpty()) {
            throw new IllegalArgumentException("no device, so there would be no worker");
        }
        this.devices = List.copyOf(devices);
        this.meeting = new Rendezvous(devices.size());
        int cores = WorkPool.shared().threads();
        for (int rank = 0; rank < devices.size(); rank++) {
            pools.add(shared(rank) ? new WorkPool(Math.max(1, share(cores, devices.size(), rank))) : null);
            if (rank > 0) {
                String name = "fathom-" + name(rank).replace(' ', '-');
                threads.add(Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name(name).factory()));
            }
        }
    }

    private boolean shared(int rank) {
        return devices.size() > 1 && devices.get(rank).isHost();
    }

    /** The part that falls to one of several when {@code n} things are shared out as equally as possible. */
    private static int share(int n, int among, int rank) {
        return n / among + (rank < n % among ? 1 : 0);
    }

    /** How many there are. */
    public int size() {
        return devices.size();
    }

    /** Where a worker works. */
    public Device device(int rank) {
        return devices.get(rank);
    }

    /** What a person calls a worker: {@code worker 2 of 3 (cuda:1)}. */
    public String name(int rank) {
        return "worker " + (rank + 1) + " of " + devices.size() + " (" + devices.get(rank) + ")";
    }

    /**
     * Every worker does the job; returns when all have ended. Tensors that worker 0 made belong to the innermost scope as
     * usual, those of the others are freed.
     *
     * @return what worker 0 returned
     * @throws FathomException if a worker failed: with its name and what it said. All have ended then, and may run again
     */
    public <T> T run(Job<T> job) {
        if (devices.size() == 1) {
            return job.run(new ThreadCommunicator(meeting, 0, 1));
        }
        List<Future<?>> others = new ArrayList<>();
        for (int rank = 1; rank < devices.size(); rank++) {
            int own = rank;
            others.add(threads.get(rank - 1).submit(() -> inScope(own, job)));
        }
        T result = work(0, job);
        others.forEach(Workers::join);
        Failure failed = failure.getAndSet(null);
        if (failed != null) {
            meeting.reset();
            throw named(failed);
        }
        return result;
    }

    private <T> void inScope(int rank, Job<T> job) {
        try (MemoryScope scope = MemoryScope.open(name(rank))) {
            work(rank, job);
        }
    }

    private <T> T work(int rank, Job<T> job) {
        WorkPool pool = pools.get(rank);
        try (WorkPool.Visit own = pool == null ? null : pool.use()) {
            return job.run(new ThreadCommunicator(meeting, rank, devices.size()));
        } catch (Rendezvous.Aborted consequence) {
            // The worker that failed first is reported, by all of them together.
            return null;
        } catch (Throwable cause) {
            failure.compareAndSet(null, new Failure(rank, cause));
            meeting.abort();
            return null;
        }
    }

    private static void join(Future<?> worker) {
        boolean interrupted = false;
        while (true) {
            try {
                worker.get();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                throw new IllegalStateException("a worker's thread failed: " + e.getCause(), e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private RuntimeException named(Failure failed) {
        String name = name(failed.rank);
        String who = Character.toUpperCase(name.charAt(0)) + name.substring(1);
        return failed.cause instanceof FathomException e ? new FathomException(who + ": " + e.getMessage(), e)
                : new IllegalStateException(who + " failed: " + failed.cause, failed.cause);
    }

    /** Ends the threads. */
    @Override
    public void close() {
        threads.forEach(ExecutorService::shutdown);
        pools.stream().filter(pool -> pool != null).forEach(WorkPool::close);
    }
}
