/**
 * Property testing of kernels without a GPU: {@link dev.fathom.engine.cuda.emulated.check.KernelCheck} launches a kernel many
 * times with random sizes and contents on the emulated GPU and collects what it does wrong.
 */
package dev.fathom.engine.cuda.emulated.check;
