/**
 * Looking at a pass from outside while it runs: {@link dev.fathom.engine.debug.OpChecker} looks at every value that
 * every operation makes and finds the first that is not finite, {@link dev.fathom.engine.debug.ModuleTrace} says to
 * which module of a model an operation belongs. Both hear of operations from the dispatcher's {@link
 * dev.fathom.engine.dispatch.DispatchListener}; where nobody listens they cost nothing.
 */
package dev.fathom.engine.debug;
