package dev.fathom.tests.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.memory.MemoryStats;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Blocks never overlap, are aligned, and all come back. */
class HostAllocatorTest {
    private static Tensor bytes(int n) {
        return Tensor.allocate(new TensorSpec(Shape.of(n), DType.U8), Device.CPU);
    }

    /** Random allocations and frees: each block is filled with its own number, and must still hold it when it is freed. */
    @Property(tries = 60)
    void blocksKeepTheirContentsAndComeBack(@ForAll @Size(min = 1, max = 120) List<@IntRange(min = -60, max = 200_000) Integer> script) {
        MemoryStats before = HostAllocator.shared().stats();
        try (var scope = MemoryScope.open("script")) {
            List<Tensor> live = new ArrayList<>();
            List<Byte> marks = new ArrayList<>();
            for (int i = 0; i < script.size(); i++) {
                int size = script.get(i);
                if (size >= 0) {
                    Tensor t = bytes(size);
                    assertEquals(0, t.segment().address() % HostAllocator.ALIGNMENT);
                    t.segment().fill((byte) i);
                    live.add(t);
                    marks.add((byte) i);
                } else if (!live.isEmpty()) {
                    int k = -size % live.size();
                    verify(live.get(k), marks.get(k));
                    scope.drop(live.remove(k));
                    marks.remove(k);
                }
            }
            for (int k = 0; k < live.size(); k++) {
                verify(live.get(k), marks.get(k));
            }
        }
        assertEquals(before.liveBytes(), HostAllocator.shared().stats().liveBytes());
    }

    private static void verify(Tensor t, byte mark) {
        for (long i = 0; i < t.numel(); i++) {
            assertEquals(mark, t.segment().get(ValueLayout.JAVA_BYTE, i));
        }
    }

    @Test
    void aSecondRoundTakesNoNewMemory() {
        long[] reserved = new long[2];
        for (int round = 0; round < 2; round++) {
            try (var scope = MemoryScope.open("round")) {
                for (int i = 1; i < 40; i++) {
                    bytes(i * 99_991);
                }
            }
            reserved[round] = HostAllocator.shared().stats().reservedBytes();
        }
        assertEquals(reserved[0], reserved[1]);
    }

    @Test
    void trimGivesWholeSlabsBack() {
        try (var scope = MemoryScope.open("large")) {
            bytes(100 << 20);
        }
        long before = HostAllocator.shared().stats().reservedBytes();
        HostAllocator.shared().trim();
        assertTrue(HostAllocator.shared().stats().reservedBytes() <= before - (100 << 20));
    }

    /** A slab's free end goes back though blocks before it are in use. */
    @Test
    void trimGivesTheEndOfASlabBack() {
        HostAllocator allocator = HostAllocator.shared();
        allocator.trim();
        try (var scope = MemoryScope.open("test")) {
            Tensor small = bytes(1000);
            small.segment().fill((byte) 7);
            long before = allocator.stats().reservedBytes();
            try (var inner = MemoryScope.open("large")) {
                bytes(100 << 20).segment().fill((byte) 1);
            }
            assertTrue(allocator.stats().reservedBytes() >= before + (90 << 20), "kept for the next one");
            allocator.trim();
            assertEquals(before, allocator.stats().reservedBytes());
            verify(small, (byte) 7);
            bytes(100 << 20).segment().fill((byte) 2);
            verify(small, (byte) 7);
        }
    }

    /** A block is memory of this process only where it was written. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void whatIsNotWrittenTakesNoMemory() throws IOException {
        try (var scope = MemoryScope.open("test")) {
            long before = residentPages();
            Tensor large = bytes(1 << 30);
            long touched = 64 << 20;
            large.segment().asSlice(0, touched).fill((byte) 1);
            long grown = (residentPages() - before) * 4096;
            assertTrue(grown < 512 << 20, grown + " bytes for " + touched);
        }
        HostAllocator.shared().trim();
    }

    private static long residentPages() throws IOException {
        return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
    }

    @Test
    void aLimitIsRefusedInWords() {
        HostAllocator allocator = HostAllocator.shared();
        allocator.trim();
        allocator.limit(allocator.stats().reservedBytes() + (8 << 20));
        try (var scope = MemoryScope.open("limited")) {
            String message = assertThrows(FathomException.class, () -> bytes(512 << 20)).getMessage();
            assertTrue(message.contains("out of host memory") && message.contains("--input-size"), message);
        } finally {
            allocator.limit(Long.MAX_VALUE);
        }
    }

    @Test
    void scopesCloseInOrderAndKeepMovesToTheParent() {
        try (var outer = MemoryScope.open("outer")) {
            Tensor kept;
            Tensor lost;
            try (var inner = MemoryScope.open("inner")) {
                kept = inner.keep(bytes(10));
                lost = bytes(10);
                assertThrows(IllegalStateException.class, outer::close);
            }
            assertFalse(kept.storage().isClosed());
            assertTrue(lost.storage().isClosed());
            assertEquals(10, outer.liveBytes());
        }
    }

    @Test
    void withoutAScopeNothingCanBeMade() {
        String message = assertThrows(IllegalStateException.class, () -> bytes(1)).getMessage();
        assertTrue(message.contains("MemoryScope.open"), message);
    }
}
