/**
 * What the engine asks of a GPU: {@link dev.fathom.engine.cuda.driver.CudaDriver}, some forty calls. Two
 * implementations: JCuda on real hardware ({@code engine.cuda.jcuda}) and a GPU made of Java that checks everything
 * ({@code engine.cuda.emulated}). Handles are plain longs, so that nothing above this line knows either.
 */
package dev.fathom.engine.cuda.driver;
