/**
 * NVIDIA's libraries on the emulated device: products with cuBLAS's conventions and convolutions with cuDNN's, on the
 * host's cores, every byte that they touch checked.
 */
package dev.fathom.engine.cuda.emulated.library;
