/**
 * The one door through which operations run: {@link dev.fathom.engine.dispatch.Dispatcher} checks, allocates, finds the
 * backend's kernel, runs it and records it for autograd. A {@link dev.fathom.engine.dispatch.Backend} is narrow: a
 * device and its kernels.
 */
package dev.fathom.engine.dispatch;
