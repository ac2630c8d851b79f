package dev.fathom.tools.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.fathom.engine.cpu.Lanes;
import dev.fathom.engine.cpu.Processors;
import dev.fathom.engine.memory.MachineMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What this program runs on: for {@code doctor} and for the environment section of reports.
 *
 * @param java          version and maker: {@code 25.0.1+8 (Eclipse Adoptium)}
 * @param javaHome      where it is installed
 * @param system        operating system and architecture
 * @param processor     the processor's name
 * @param logical       hardware threads that this process may use
 * @param threads       threads that kernels use
 * @param vectors       the vector width: {@code 512-bit vectors (16 float32 lanes)}
 * @param memory        bytes of memory of the machine, or of the container
 * @param free          bytes of it that are free
 * @param heap          bytes that Java's heap may grow to
 */
public record Machine(String java, String javaHome, String system, String processor, int logical, int threads,
                      String vectors, long memory, long free, long heap) {
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");

    /** Looks at this machine. */
    public static Machine look() {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new Machine(Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
            System.getProperty("java.home"),
            System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
            + System.getProperty("os.arch"),
            processorName(), Runtime.getRuntime().availableProcessors(), Processors.threads(), Lanes.describe(),
            system.getTotalMemorySize(),
            Math.min(MachineMemory.ofThisMachine().availableBytes(), system.getTotalMemorySize()),
            Runtime.getRuntime().maxMemory());
    }

    /** The machine as names and values, for a report. */
    public Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Fathom", Version.number());
        facts.put("Java", java);
        facts.put("system", system);
        facts.put("processor", processor);
        facts.put("threads", threads + " of " + logical);
        facts.put("vector unit", vectors);
        facts.put("memory", Durations.bytes(memory));
        return facts;
    }

    /** Linux tells the name in /proc/cpuinfo; where nothing does, the architecture has to do. */
    private static String processorName() {
        return line(CPUINFO, "model name").orElse(System.getProperty("os.arch"));
    }

    /** The value of the first line {@code key: value} of a file of /proc; empty where there is no such file or line. */
    private static Optional<String> line(Path file, String key) {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(l -> l.startsWith(key)).map(l -> l.substring(l.indexOf(':') + 1).strip()).findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + file, e);
        }
    }
}
