/**
 * The tests' part of {@code fathom gpu check}: suites that are written for the emulated GPU, run on a real one. See
 * {@code tests/gpu/README.md}.
 */
package dev.fathom.tests.gpu;
