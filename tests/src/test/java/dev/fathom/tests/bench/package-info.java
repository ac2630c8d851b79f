/** Benchmarks with a {@code main}: run by hand, never asserted on. */
package dev.fathom.tests.bench;
