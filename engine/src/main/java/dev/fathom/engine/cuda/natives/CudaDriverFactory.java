package dev.fathom.engine.cuda.natives;

import dev.fathom.engine.cuda.driver.CudaDriver;

/** What {@link CudaRuntime} asks of the package on the other side of {@link JcudaClassLoader}. */
public interface CudaDriverFactory {
    /**
     * @param ordinal which GPU, in the driver's order
     * @throws dev.fathom.engine.cuda.driver.CudaException if it cannot be opened
     */
    CudaDriver open(int ordinal);
}
