/**
 * Native code on this machine: where CUDA's libraries are, what they can do, and how JCuda's own are loaded.
 *
 * <p>Nothing here names JCuda, and nothing here is touched on a machine without CUDA but {@code CudaProbe}, which asks
 * the driver's library through {@code java.lang.foreign}. {@link dev.fathom.engine.cuda.natives.JcudaClassLoader} is
 * the door to the package {@code dev.fathom.engine.cuda.jcuda}: everything behind it sees natives that were unpacked
 * atomically, checked, and pointed to the CUDA version that this machine has.
 */
package dev.fathom.engine.cuda.natives;
