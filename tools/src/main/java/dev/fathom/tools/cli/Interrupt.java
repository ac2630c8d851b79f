package dev.fathom.tools.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C as a request instead of an end: the first signal asks the work to stop, which it does in its own time and in
 * its own words; the second one ends the program at once.
 *
 * <p>Uses {@code sun.misc.Signal} (module jdk.unsupported, in every JDK). A shutdown hook would not do: once one runs,
 * the exit code is settled, whatever the work still says may be cut off, and a second Ctrl-C has no effect.
 */
public final class Interrupt implements AutoCloseable {
    /** Ctrl-C, a plain kill, and a terminal that was closed. Windows has the first two. */
    private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");
    /** What a shell adds to a signal's number for the exit code of a program that it ended. */
    private static final int BY_SIGNAL = 128;
    private static final int CTRL_C = 2;

    private final Map<Signal, SignalHandler> former = new LinkedHashMap<>();
    private final AtomicInteger received = new AtomicInteger();

    private Interrupt(Runnable request) {
        SignalHandler handler = signal -> {
            if (received.compareAndSet(0, signal.getNumber())) {
                request.run();
            } else {
                Runtime.getRuntime().halt(BY_SIGNAL + signal.getNumber());
            }
        };
        for (String name : SIGNALS) {
            listen(name, handler);
        }
    }

    private void listen(String name, SignalHandler handler) {
        Signal signal;
        SignalHandler before;
        try {
            signal = new Signal(name);
            before = Signal.handle(signal, handler);
        } catch (IllegalArgumentException absent) {
            // This system has no such signal, or java runs with -Xrs and leaves it to others: nothing to listen to.
            return;
        }
        former.put(signal, before);
        if (before == SignalHandler.SIG_IGN) {
            // Started with nohup: who asked to be left alone is left alone.
            Signal.handle(signal, before);
        }
    }

    /**
     * From now on Ctrl-C (and a plain kill) calls {@code request} once, on a thread of its own, until this is closed.
     */
    public static Interrupt calls(Runnable request) {
        return new Interrupt(request);
    }

    /** What a shell expects of a program that was interrupted: 130 after Ctrl-C, 143 after a kill. */
    public int exitCode() {
        return BY_SIGNAL + (received.get() == 0 ? CTRL_C : received.get());
    }

    @Override
    public void close() {
        former.forEach(Signal::handle);
    }
}
