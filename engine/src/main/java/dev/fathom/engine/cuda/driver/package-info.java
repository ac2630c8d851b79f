/**
 * What the engine asks of a GPU: the driver interface and the value records of its library calls. Two implementations:
 * the one over JCuda, and the emulated device.
 */
package dev.fathom.engine.cuda.driver;
