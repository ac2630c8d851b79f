/** Tests of the cpu backend's machinery and of its product kernels. */
package dev.fathom.tests.cpu;
