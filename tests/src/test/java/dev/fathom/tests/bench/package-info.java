/** Benchmarks: kernels with JMH, Fathom beside ONNX Runtime. Run by hand (tests/README.md), never asserted on. */
package dev.fathom.tests.bench;
