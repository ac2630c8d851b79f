package dev.fathom.tools;

import java.util.concurrent.CountDownLatch;

/**
 * Ctrl-C as a request instead of an end: the first signal asks the work to stop and waits until it has; the JVM then ends. A second one is the
 * terminal's own and kills.
 */
final class Interrupt implements AutoCloseable {
    /** What a shell reports of a program ended by Ctrl-C. */
    static final int EXIT_CODE = 130;

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook;

    private Interrupt(Runnable request) {
        hook = new Thread(() -> {
            request.run();
            try {
                finished.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "fathom-interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** From now on Ctrl-C (and a plain kill) calls {@code request}, until this is closed. */
    static Interrupt calls(Runnable request) {
        return new Interrupt(request);
    }

    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending already, so the hook is running: it was let go above, and there is nothing to remove.
            return;
        }
    }
}
