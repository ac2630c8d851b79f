/** Tests of the emulated GPU: what its instructions compute, and that it catches what it promises to catch. */
package dev.fathom.tests.cuda.emulated;
