/**
 * A GPU made of Java: the second {@link dev.fathom.engine.cuda.driver.CudaDriver}, for machines without one. README.md beside
 * this file says how it works, how to read its reports, and how to test kernels of your own with it.
 */
package dev.fathom.engine.cuda.emulated;
