package dev.fathom.engine.memory;

/**
 * Counters of host tensor memory at one moment.
 *
 * @param liveBytes bytes of blocks in use now
 * @param peakBytes largest {@code liveBytes} since the last {@link HostAllocator#resetPeak()}
 * @param reservedBytes bytes held from the operating system, in use or waiting for reuse
 * @param allocations blocks handed out since the start
 */
public record MemoryStats(long liveBytes, long peakBytes, long reservedBytes, long allocations) {
}
