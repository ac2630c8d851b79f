/**
 * The reference backend: runs each operation's own float64 loops. Slow on purpose; it is what every kernel on every
 * other backend is measured against, and where gradients are checked by finite differences.
 */
package dev.fathom.engine.reference;
