package dev.fathom.engine.cuda.driver;

/** Device memory at one moment, in bytes: what the driver could still give, and all there is. */
public record MemoryInfo(long freeBytes, long totalBytes) {
}
