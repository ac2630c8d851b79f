/**
 * Launchers: how each operation is run on the GPU. One class a family, each with a {@code register(CudaKernelTable)};
 * the kernels themselves are CUDA C in {@code resources/cuda}. A launcher only issues work: it never waits and never
 * reads device memory, so that a whole pass can be captured as a CUDA Graph.
 */
package dev.fathom.engine.cuda.kernels;
