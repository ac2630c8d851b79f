/**
 * A GPU that does nothing but count: what a pass would launch and hold, for any size of model, without running it.
 */
package dev.fathom.engine.cuda.dry;
