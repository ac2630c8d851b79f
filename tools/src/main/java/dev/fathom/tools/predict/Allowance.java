package dev.fathom.tools.predict;

/**
 * How much memory pictures in work may take together. They are let in strictly in their order, each when there is room
 * for it, so that no later one takes the place that an earlier one, for which everybody waits, would need. One picture
 * alone is always let in, however large.
 */
final class Allowance {
    private final long most;
    private long taken;
    /** Whose turn it is. */
    private int next;
    private boolean closed;

    /** @param most bytes */
    Allowance(long most) {
        this.most = most;
    }

    /**
     * Waits for the item's turn and for room.
     *
     * @return false if this was closed, or the thread interrupted: the item is then not in
     */
    synchronized boolean enter(int index, long bytes) {
        while (!closed && (index != next || taken > 0 && taken + bytes > most)) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        if (closed) {
            return false;
        }
        next++;
        taken += bytes;
        notifyAll();
        return true;
    }

    /** An item that was let in is done with. */
    synchronized void leave(long bytes) {
        taken -= bytes;
        notifyAll();
    }

    /** Nobody is let in any more, and nobody waits. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
