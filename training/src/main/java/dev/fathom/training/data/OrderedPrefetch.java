package dev.fathom.training.data;

import dev.fathom.engine.cpu.WorkPool;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Prepares items 0, 1, 2, ... on a few threads ahead of one consumer, who gets them in order.
 *
 * <p>At most {@code ahead} items are finished or in work beyond the one that the consumer asks for next. What comes out
 * does not depend on the number of threads: an item that fails does so when the consumer reaches it, after every item
 * before it. The threads leave the {@link WorkPool} to the consumer. {@link #close} returns when the threads have ended; it waits for the items being worked on, no longer.
 *
 * @param <T> what an item is
 */
public final class OrderedPrefetch<T> implements Iterator<T>, AutoCloseable {

    private static final long JOIN_SECONDS = 30;

    /** One item's place in the queue: filled by the thread that claimed it. */
    private static final class Slot<T> {
        private final int index;
        private T item;
        private Throwable failure;
        private boolean done;

        private Slot(int index) {
            this.index = index;
        }
    }

    private final int count;
    private final int ahead;
    private final IntFunction<T> prepare;
    private final Thread[] threads;
    /** Claimed items that the consumer has not taken yet, in order; the lock of all fields below. */
    private final Deque<Slot<T>> slots = new ArrayDeque<>();
    private int claimed;
    private boolean stopped;

    /**
     * Starts preparing.
     *
     * @param first   first item
     * @param count   one past the last item
     * @param threads at least 1
     * @param ahead   at least 1
     * @param prepare makes an item; called on several threads at once, once an item
     */
    public OrderedPrefetch(String name, int first, int count, int threads, int ahead, IntFunction<T> prepare) {
        this.count = count;
        this.claimed = first;
        this.ahead = ahead;
        this.prepare = prepare;
        this.threads = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            this.threads[i] = WorkPool.aside(name + "-" + (i + 1), this::work);
        }
        for (Thread thread : this.threads) {
            thread.start();
        }
    }

    private void work() {
        for (Slot<T> slot = claim(); slot != null; slot = claim()) {
            T item = null;
            Throwable failure = null;
            try {
                item = prepare.apply(slot.index);
            } catch (Throwable e) {     // an OutOfMemoryError, too, belongs to whoever waits for the item
                failure = e;
            }
            synchronized (slots) {
                slot.item = item;
                slot.failure = failure;
                slot.done = true;
                slots.notifyAll();
            }
        }
    }

    private Slot<T> claim() {
        synchronized (slots) {
            while (!stopped && claimed < count && slots.size() >= ahead) {
                if (!await()) {
                    return null;
                }
            }
            if (stopped || claimed >= count) {
                return null;
            }
            Slot<T> slot = new Slot<>(claimed++);
            slots.addLast(slot);
            slots.notifyAll();
            return slot;
        }
    }

    /** Waits for a change; false if the thread was interrupted. */
    private boolean await() {
        try {
            slots.wait();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public boolean hasNext() {
        synchronized (slots) {
            return !stopped && (!slots.isEmpty() || claimed < count);
        }
    }

    /**
     * The next item; waits for it.
     *
     * @throws RuntimeException what {@code prepare} threw for this item; nothing follows it
     */
    @Override
    public T next() {
        Slot<T> slot;
        synchronized (slots) {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            while (slots.isEmpty() || !slots.peekFirst().done) {
                if (!await()) {
                    throw new IllegalStateException("interrupted while waiting for the next item");
                }
            }
            slot = slots.removeFirst();
            stopped |= slot.failure != null;
            slots.notifyAll();
        }
        switch (slot.failure) {
            case null -> {
                return slot.item;
            }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(slot.failure);
        }
    }

    @Override
    public void close() {
        synchronized (slots) {
            stopped = true;
            slots.notifyAll();
        }
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(JOIN_SECONDS);
        for (Thread thread : threads) {
            try {
                thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        synchronized (slots) {
            slots.clear();
        }
    }
}
