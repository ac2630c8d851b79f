/**
 * PTX on a machine without a GPU: {@link dev.fathom.engine.cuda.emulated.ptx.PtxModule} reads a PTX text,
 * {@link dev.fathom.engine.cuda.emulated.ptx.Emulator} runs its kernels and reports what they do wrong.
 */
package dev.fathom.engine.cuda.emulated.ptx;
