package dev.fathom.tests.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.memory.MachineMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What there is to have, from the files of a machine that is made up. */
class MachineMemoryTest {
    @TempDir
    private Path root;

    private void file(String name, String... lines) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, List.of(lines));
    }

    private long available() {
        return MachineMemory.at(root.resolve("proc"), root.resolve("cgroup")).availableBytes();
    }

    private void machine(long kilobytes, String... groups) throws IOException {
        file("proc/meminfo", "MemTotal:       99999999 kB", "MemFree:  5 kB", "MemAvailable:   " + kilobytes + " kB");
        file("proc/self/cgroup", groups);
    }

    @Test
    void withoutALimitItIsWhatLinuxCallsAvailable() throws IOException {
        machine(4000, "0::/user.slice");
        assertEquals(4_096_000, available());
        file("cgroup/user.slice/memory.max", "max");
        file("cgroup/user.slice/memory.current", "77");
        assertEquals(4_096_000, available());
    }

    /** The tightest of a group and those above it counts; what lies in the cache of files can be had. */
    @ParameterizedTest
    @CsvSource({"1000000,600000,0,400000", "1000000,600000,150000,550000", "100,600000,0,0", "9000000,0,0,4096000"})
    void theContainersLimitVersion2(long limit, long used, long cached, long expected) throws IOException {
        machine(4000, "0::/a/b");
        file("cgroup/a/memory.max", Long.toString(limit));
        file("cgroup/a/memory.current", Long.toString(used));
        file("cgroup/a/memory.stat", "anon 5", "file 999999999", "inactive_file " + cached);
        file("cgroup/a/b/memory.max", "max");
        file("cgroup/a/b/memory.current", "5");
        assertEquals(expected, available());
    }

    /** In a container the path is the host's, and the group's files lie at the root. */
    @Test
    void theContainersLimitVersion1() throws IOException {
        machine(4000, "9:name=systemd:/", "4:memory:/docker/7012", "1:cpu:/", "0::/");
        file("cgroup/memory/memory.limit_in_bytes", "3000000");
        file("cgroup/memory/memory.usage_in_bytes", "2500000");
        file("cgroup/memory/memory.stat", "inactive_file 7", "total_inactive_file 1000000");
        assertEquals(1_500_000, available());
        file("cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
        assertEquals(4_096_000, available());
    }

    @Test
    void thisMachineHasSome() {
        long bytes = MachineMemory.ofThisMachine().availableBytes();
        assertTrue(bytes > 1 << 20, bytes + " bytes");
    }
}
