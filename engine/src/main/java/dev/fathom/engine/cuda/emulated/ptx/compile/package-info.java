/**
 * From the tree of a kernel to something fast: basic blocks in an order that makes diverged lanes meet again, steps that
 * a whole warp executes at once, and Java bytecode for the stretches of plain arithmetic between them.
 */
package dev.fathom.engine.cuda.emulated.ptx.compile;
