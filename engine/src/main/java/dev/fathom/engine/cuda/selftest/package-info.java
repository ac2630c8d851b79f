/**
 * Does this GPU compute what it should? {@link dev.fathom.engine.cuda.selftest.SelfTest} runs every operation that has
 * a kernel once or twice on a device and holds the results to the operation's own float64 loops. It is short and needs
 * no test framework, so that {@code fathom doctor} can run it anywhere; the conformance suite in the tests is far
 * stricter.
 */
package dev.fathom.engine.cuda.selftest;
