/** Benchmarks: kernels with JMH, and Fathom beside ONNX Runtime. Run by hand (tests/README.md says how), never asserted on. */
package dev.fathom.tests.bench;
