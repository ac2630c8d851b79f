package dev.fathom.engine.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Memory that this process can still have without swapping, and without being ended by the limit of its container.
 *
 * <p>Linux: {@code MemAvailable} of {@code /proc/meminfo} (caches count as free), and of every control group that this
 * process is in, what its limit leaves (files in the cache count as free). Both versions of control groups are known.
 * Elsewhere it is what the JVM says is free.
 */
public final class MachineMemory {
    private final Path proc;
    private final Path groups;

    private MachineMemory(Path proc, Path groups) {
        this.proc = proc;
        this.groups = groups;
    }

    /** This machine. */
    public static MachineMemory ofThisMachine() {
        return at(Path.of("/proc"), Path.of("/sys/fs/cgroup"));
    }

    /** A machine whose files lie elsewhere: for tests. */
    public static MachineMemory at(Path proc, Path groups) {
        return new MachineMemory(proc, groups);
    }

    /** Bytes beside those that this process holds already. */
    public long availableBytes() {
        long available = field(proc.resolve("meminfo"), "MemAvailable:").orElseGet(MachineMemory::said);
        for (String line : lines(proc.resolve("self/cgroup")).orElse(List.of())) {
            // "0::/path" in version 2; "4:memory:/path" in version 1.
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && parts[1].isEmpty()) {
                available = Math.min(available, left(groups, parts[2], "memory.max", "memory.current",
                        "inactive_file"));
            } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
                available = Math.min(available, left(groups.resolve("memory"), parts[2], "memory.limit_in_bytes",
                        "memory.usage_in_bytes", "total_inactive_file"));
            }
        }
        return Math.max(0, available);
    }

    /** What the limits of a group and of all above it leave; a container sees its own group as the root. */
    private static long left(Path root, String group, String limit, String usage, String cached) {
        long left = Long.MAX_VALUE;
        Path folder = root.resolve(group.substring(1)).normalize();
        while (folder.startsWith(root)) {
            OptionalLong most = number(folder.resolve(limit));
            OptionalLong used = number(folder.resolve(usage));
            if (most.isPresent() && used.isPresent()) {
                long files = field(folder.resolve("memory.stat"), cached + " ").orElse(0L);
                left = Math.min(left, most.getAsLong() - used.getAsLong() + files);
            }
            folder = folder.getParent();
        }
        return left;
    }

    private static long said() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getFreeMemorySize();
    }

    /** A file of one number; empty where there is no file, or the word {@code max}. */
    private static OptionalLong number(Path file) {
        Optional<String> text = lines(file).filter(l -> !l.isEmpty()).map(List::getFirst).map(String::strip)
                .filter(t -> !t.isEmpty() && t.chars().allMatch(Character::isDigit) && t.length() < 19);
        return text.map(t -> OptionalLong.of(Long.parseLong(t))).orElseGet(OptionalLong::empty);
    }

    /** The number of the line that starts so; in bytes, whether the file says kB or nothing. */
    private static Optional<Long> field(Path file, String start) {
        return lines(file).flatMap(all -> all.stream().filter(l -> l.startsWith(start)).findFirst())
                .map(l -> Long.parseLong(l.substring(start.length()).replace("kB", "").strip())
                        * (l.endsWith("kB") ? 1024 : 1));
    }

    private static Optional<List<String>> lines(Path file) {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readAllLines(file));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
