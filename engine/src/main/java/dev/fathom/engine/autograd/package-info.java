/**
 * Reverse-mode differentiation, define-by-run. A {@link dev.fathom.engine.autograd.Node} remembers one operation and
 * what its gradient needs; nodes are reachable only from the tensors they made, never from anything static.
 * {@link dev.fathom.engine.autograd.Backward} walks them, {@link dev.fathom.engine.autograd.Gradients} is what it
 * returns.
 */
package dev.fathom.engine.autograd;
