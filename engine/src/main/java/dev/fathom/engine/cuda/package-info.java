/**
 * The GPU backend. {@link dev.fathom.engine.cuda.CudaDevice} is one GPU as kernels see it (its stream, memory and
 * modules); {@link dev.fathom.engine.cuda.CudaBackend} offers it to the dispatcher. Everything goes through
 * {@link dev.fathom.engine.cuda.driver.CudaDriver}, so the same host code and the same PTX run on hardware and on the
 * emulated device.
 */
package dev.fathom.engine.cuda;
