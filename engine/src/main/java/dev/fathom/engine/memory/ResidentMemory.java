package dev.fathom.engine.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Physical memory of this process: heap, code and tensors together. Asking takes about 0.1 ms. */
public final class ResidentMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final boolean KNOWN = Files.isReadable(STATUS);

    private static final long RECENT_NANOS = 100_000_000;

    private record Reading(OptionalLong bytes, long nanos) {
    }

    private static volatile Reading last;

    private ResidentMemory() {
    }

    /** Bytes held now, Linux's VmRSS; empty on systems without /proc. */
    public static OptionalLong bytes() {
        return field("VmRSS:");
    }

    /** Bytes held now or a tenth of a second ago: for who asks often. */
    public static OptionalLong recentBytes() {
        Reading reading = last;
        long now = System.nanoTime();
        if (reading == null || now - reading.nanos > RECENT_NANOS) {
            reading = new Reading(bytes(), now);
            last = reading;
        }
        return reading.bytes;
    }

    /** The most bytes held so far, Linux's VmHWM; empty on systems without /proc. */
    public static OptionalLong peakBytes() {
        return field("VmHWM:");
    }

    /** proc_pid_status(5): a name, spaces, a number of units of 1024 bytes. */
    private static OptionalLong field(String name) {
        if (!KNOWN) {
            return OptionalLong.empty();
        }
        String status;
        try {
            status = Files.readString(STATUS);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + STATUS, e);
        }
        int at = status.indexOf(name);
        if (at < 0) {
            return OptionalLong.empty();
        }
        int from = at + name.length();
        while (!Character.isDigit(status.charAt(from))) {
            from++;
        }
        int to = from;
        while (Character.isDigit(status.charAt(to))) {
            to++;
        }
        return OptionalLong.of(1024 * Long.parseLong(status.substring(from, to)));
    }
}
