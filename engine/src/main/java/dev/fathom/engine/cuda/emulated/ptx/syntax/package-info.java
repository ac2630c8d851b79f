/**
 * PTX as text and as a tree: tokens, declarations, instructions with their operands, and the source line of each.
 *
 * <p>The grammar is NVIDIA's "Parallel Thread Execution ISA"; what nvcc writes for kernels is read, directives that
 * carry nothing for execution (debug sections, visibility) are passed over.
 */
package dev.fathom.engine.cuda.emulated.ptx.syntax;
