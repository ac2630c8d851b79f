package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.KernelFault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Runs the blocks of a grid on several threads of the host, lowest numbers first. */
public final class GridRun {
    private static final ExecutorService POOL = Executors.newCachedThreadPool(r -> {
        Thread t = new Thread(r, "emulated-gpu");
        t.setDaemon(true);
        return t;
    });

    private final Launch launch;
    private final AtomicLong next = new AtomicLong();
    /** No block from here on needs to run: one before it has a fault. */
    private final AtomicLong limit;
    private final LongAdder executed = new LongAdder();
    private KernelFault fault;

    private GridRun(Launch launch) {
        this.launch = launch;
        this.limit = new AtomicLong(launch.grid().count());
    }

    /**
     * Runs all blocks.
     *
     * @return how many instructions of warps were executed
     * @throws KernelFault the fault of the lowest block that has one
     */
    public static long run(Launch launch, int threads) {
        GridRun grid = new GridRun(launch);
        int workers = (int) Math.min(threads, launch.grid().count());
        List<Future<?>> others = new ArrayList<>();
        for (int i = 1; i < workers; i++) {
            others.add(POOL.submit(grid::work));
        }
        grid.work();
        for (Future<?> f : others) {
            try {
                f.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("a worker of " + launch.program().name() + " failed", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while " + launch.program().name() + " runs", e);
            }
        }
        if (grid.fault != null) {
            throw grid.fault;
        }
        return grid.executed.sum();
    }

    private void work() {
        ThreadBlock block = null;
        for (long n = next.getAndIncrement(); n < limit.get(); n = next.getAndIncrement()) {
            if (block == null) {
                block = new ThreadBlock(launch);
            }
            try {
                executed.add(block.run(n));
            } catch (KernelFault f) {
                note(n, f);
            }
        }
    }

    private synchronized void note(long number, KernelFault f) {
        if (number < limit.get()) {
            limit.set(number);
            fault = f;
        }
    }
}
