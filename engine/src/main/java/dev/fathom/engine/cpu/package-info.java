/**
 * The cpu backend: a fixed pool of threads, the vector width of this machine, and the table of kernels.
 *
 * <p>Read {@link dev.fathom.engine.cpu.Lanes} (how wide a vector is here) and {@link dev.fathom.engine.cpu.WorkPool}
 * (how work is split so that the number of threads never changes a bit) before any kernel. The kernels themselves are
 * in {@code dev.fathom.engine.cpu.kernels}. Only these two packages may import {@code jdk.incubator.vector}.
 */
package dev.fathom.engine.cpu;
