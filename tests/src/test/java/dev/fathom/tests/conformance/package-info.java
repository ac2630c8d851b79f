/**
 * The conformance suite: each operation is one row, and from that row its kernels are held to the operation's own
 * float64 specification, and its gradient to central differences. Start with {@link
 * dev.fathom.tests.conformance.OpSpecs} to add a row, with {@code tests/README.md} to learn how the proof works.
 */
package dev.fathom.tests.conformance;
