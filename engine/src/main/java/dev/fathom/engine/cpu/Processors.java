package dev.fathom.engine.cpu;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How many threads kernels should use: the {@code fathom.threads} property, else the physical cores of this machine.
 */
public final class Processors {
    /** The system property that sets the number of threads of {@link WorkPool#shared()}. */
    public static final String PROPERTY = "fathom.threads";

    private static final Path SYSFS = Path.of("/sys/devices/system/cpu");

    private Processors() {
    }

    /** The number of threads for a new shared pool: what the property says, else {@link #physicalCores()}. */
    public static int threads() {
        String text = System.getProperty(PROPERTY);
        if (text == null) {
            return physicalCores();
        }
        try {
            int threads = Integer.parseInt(text.strip());
            if (threads >= 1 && threads <= 1024) {
                return threads;
            }
        } catch (NumberFormatException notANumber) {
            throw wrong(text);
        }
        throw wrong(text);
    }

    /**
     * Physical cores that this process may use: two hardware threads of one core share its multipliers, so a second one
     * makes a matrix product no faster. Never more than {@link Runtime#availableProcessors()}, which knows the limits
     * of a container. Where the machine does not tell (anything but Linux) it is that number.
     */
    public static int physicalCores() {
        return Math.max(1, Math.min(Runtime.getRuntime().availableProcessors(), coresOf(SYSFS)));
    }

    /**
     * Number of distinct sets of sibling threads below a folder laid out as Linux's {@code /sys/devices/system/cpu};
     * {@link Integer#MAX_VALUE} if nothing there can be read.
     */
    static int coresOf(Path folder) {
        Set<String> cores = new HashSet<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path cpu : (Iterable<Path>) entries.filter(p -> p.getFileName().toString()
                    .matches("cpu\\d+"))::iterator) {
                Path siblings = cpu.resolve("topology/thread_siblings_list");
                if (Files.isReadable(siblings)) {
                    cores.add(Files.readString(siblings).strip());
                }
            }
        } catch (IOException unreadable) {
            // Not Linux, or a sandbox without /sys: documented above, the caller then trusts availableProcessors().
            return Integer.MAX_VALUE;
        }
        return cores.isEmpty() ? Integer.MAX_VALUE : cores.size();
    }

    private static FathomException wrong(String text) {
        return new FathomException("The system property " + PROPERTY + " is '" + text
            + "', but a number of threads is a whole number from 1 to 1024; correct it or leave it out.");
    }
}
