package dev.fathom.training.parallel;

import java.util.Arrays;

/**
 * Where the threads of one group meet: each leaves something and gets what all have left. After a failure nobody waits any
 * longer, and nobody who comes later does.
 */
final class Rendezvous {
    private Object[] arriving;
    private Object[] complete;
    private int missing;
    private long round;
    private boolean aborted;

    Rendezvous(int size) {
        this.arriving = new Object[size];
        this.missing = size;
    }

    /** Another worker failed: this one's work is of no use any more. Not a report; who failed first has that. */
    static final class Aborted extends RuntimeException {
        private static final long serialVersionUID = 1;

        Aborted() {
            super("another worker failed", null, false, false);
        }
    }

    /**
     * Waits for all. What a thread wrote before is seen by the others after.
     *
     * @return what each left, by rank; the same array for all, not to be changed
     * @throws Aborted if a worker failed
     */
    synchronized Object[] exchange(int rank, Object value) {
        if (aborted) {
            throw new Aborted();
        }
        arriving[rank] = value;
        long mine = round;
        if (--missing == 0) {
            complete = arriving;
            arriving = new Object[complete.length];
            missing = complete.length;
            round++;
            notifyAll();
            return complete;
        }
        boolean interrupted = false;
        while (round == mine && !aborted) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (round == mine) {
            throw new Aborted();
        }
        // Nobody can complete another round before this thread has come to it.
        return complete;
    }

    /** Ends all waiting. */
    synchronized void abort() {
        aborted = true;
        notifyAll();
    }

    /** Begins anew. Only when no thread is inside. */
    synchronized void reset() {
        aborted = false;
        Arrays.fill(arriving, null);
        complete = null;
        missing = arriving.length;
        round++;
    }
}
