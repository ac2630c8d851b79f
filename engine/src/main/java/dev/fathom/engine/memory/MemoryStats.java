package dev.fathom.engine.memory;

/**
 * Counters of an allocator of tensor memory at one moment, of the host or of a device.
 *
 * @param liveBytes bytes of blocks in use now
 * @param peakBytes largest {@code liveBytes} since the peak was last reset
 * @param reservedBytes bytes held from the operating system or the driver, in use or waiting for reuse
 * @param allocations blocks handed out since the start
 */
public record MemoryStats(long liveBytes, long peakBytes, long reservedBytes, long allocations) {
}
