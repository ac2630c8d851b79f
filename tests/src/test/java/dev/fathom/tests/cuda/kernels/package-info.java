/** Launchers and kernels of the GPU backend beyond what the conformance suite asks: sizes, launches, special values. */
package dev.fathom.tests.cuda.kernels;
