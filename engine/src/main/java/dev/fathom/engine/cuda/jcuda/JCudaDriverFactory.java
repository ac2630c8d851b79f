package dev.fathom.engine.cuda.jcuda;

import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.natives.CudaDriverFactory;

/** The way in from the other side of {@link dev.fathom.engine.cuda.natives.JcudaClassLoader}. */
public final class JCudaDriverFactory implements CudaDriverFactory {
    @Override
    public CudaDriver open(int ordinal) {
        return new JCudaGpu(ordinal);
    }
}
