package dev.fathom.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.driver.DeviceOutOfMemoryException;
import dev.fathom.engine.cuda.driver.DeviceProperties;
import dev.fathom.engine.cuda.dry.DryDriver;
import dev.fathom.engine.cuda.memory.DeviceAllocator;
import dev.fathom.engine.cuda.memory.Pool;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.engine.memory.Allocation;
import dev.fathom.engine.memory.MemoryScope;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** The caching allocator above a driver that only counts. */
class DeviceAllocatorTest {
    private static final long MIB = 1 << 20;

    private final DryDriver driver = new DryDriver(new DeviceProperties("small", 90, 1, 64 * MIB, 48 << 10, 12060));
    private final DeviceAllocator allocator = new DeviceAllocator(Device.emulated(7), driver);

    @Property(tries = 200)
    void aBlockIsAtMostAnEighthLargerThanAskedFor(@ForAll @LongRange(min = 1, max = 32 * MIB) long bytes) {
        Allocation block = allocator.allocate(bytes);
        long held = allocator.stats().liveBytes();
        assertTrue(held >= bytes && held <= bytes + Math.max(DeviceAllocator.GRAIN, bytes / 8 + 1),
                () -> bytes + " bytes took " + held);
        assertEquals(0, block.address() % 256);
        block.release();
        assertEquals(0, allocator.stats().liveBytes());
    }

    @Test
    void theSameSizesAskTheDriverOnlyOnce() {
        long reserved = 0;
        for (int round = 0; round < 5; round++) {
            List<Allocation> step = new ArrayList<>();
            for (int i = 1; i <= 20; i++) {
                step.add(allocator.allocate(i * 10_007L));
            }
            step.forEach(Allocation::release);
            if (round == 0) {
                reserved = allocator.stats().reservedBytes();
            }
        }
        assertEquals(reserved, allocator.stats().reservedBytes());
        assertEquals(reserved, driver.peakBytes());
    }

    @Test
    void liveBlocksNeverOverlap() {
        Random random = new Random(1);
        List<long[]> live = new ArrayList<>();
        List<Allocation> blocks = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            if (!blocks.isEmpty() && (random.nextBoolean() || blocks.size() > 40)) {
                int k = random.nextInt(blocks.size());
                blocks.remove(k).release();
                live.remove(k);
            } else {
                long bytes = 1 + random.nextInt(200_000);
                Allocation block = allocator.allocate(bytes);
                for (long[] other : live) {
                    assertTrue(block.address() + bytes <= other[0] || other[1] <= block.address());
                }
                blocks.add(block);
                live.add(new long[] {block.address(), block.address() + bytes});
            }
        }
    }

    @Test
    void cachedBlocksGoBackBeforeMemoryIsCalledShort() {
        allocator.allocate(40 * MIB).release();
        // 40 of 64 MiB are cached in another size class: this needs them back.
        Allocation large = allocator.allocate(60 * MIB);
        assertEquals(60 * MIB, allocator.stats().reservedBytes());
        large.release();
    }

    @Test
    void outOfMemorySaysWhoHoldsWhatAndCostsNothing() {
        try (MemoryScope run = MemoryScope.open("run"); MemoryScope step = MemoryScope.open("step")) {
            Allocation most = allocator.allocate(60 * MIB);
            String message = assertThrows(DeviceOutOfMemoryException.class, () -> allocator.allocate(8 * MIB))
                    .getMessage();
            assertTrue(message.contains("8,388,608 bytes asked for") && message.contains("emulated:7")
                    && message.contains("'step'") && message.contains("'run'") && message.contains("smaller batch"),
                    message);
            most.release();
            allocator.allocate(8 * MIB).release();
            assertEquals(0, allocator.stats().liveBytes());
        }
    }

    @Test
    void aLimitIsKept() {
        allocator.limit(10 * MIB);
        Allocation first = allocator.allocate(6 * MIB);
        assertThrows(DeviceOutOfMemoryException.class, () -> allocator.allocate(6 * MIB));
        first.release();
        allocator.allocate(8 * MIB).release();
    }

    @Test
    void nobodyGetsTheBlocksOfAPoolWhileItLives() {
        Pool pool = allocator.beginPool();
        Set<Long> captured = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            Allocation a = allocator.allocate(MIB);
            captured.add(a.address());
            a.release();
        }
        assertEquals(1, captured.size(), "within a capture blocks are used again");
        allocator.endPool();
        Allocation outside = allocator.allocate(MIB);
        assertNotEquals(captured.iterator().next(), outside.address());
        outside.release();
        allocator.close(pool);
        allocator.allocate(MIB).release();
        assertEquals(2 * MIB, allocator.stats().reservedBytes(), "after its end everybody gets them");
    }

    @Test
    void aBlockThatOutlivesItsPoolComesBackToEverybody() {
        Pool pool = allocator.beginPool();
        Allocation result = allocator.allocate(3 * MIB);
        allocator.endPool();
        allocator.close(pool);
        long address = result.address();
        result.release();
        assertEquals(address, allocator.allocate(3 * MIB).address());
    }

    @Test
    void deviceMemoryHasNoHostBytes() {
        String message = assertThrows(DeviceException.class, () -> allocator.allocate(4).segment()).getMessage();
        assertTrue(message.contains("to(Device.CPU)"), message);
    }
}
