package dev.fathom.engine.memory;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks Java's collector to look for what is dead, now and then. By itself it lets the heap grow to its limit first, some
 * gigabytes, because large arrays that come and go do not make it work; and every page that the heap grows by costs more
 * than the array in it. May be told by several threads.
 */
public final class DeadArrays {
    private final AtomicLong passed = new AtomicLong();
    private final long after;

    /** @param after bytes of arrays between two collections */
    public DeadArrays(long after) {
        this.after = after;
    }

    /** So many bytes of arrays are needed no longer. */
    public void add(long bytes) {
        if (passed.addAndGet(bytes) > after) {
            passed.set(0);
            System.gc();
        }
    }
}
