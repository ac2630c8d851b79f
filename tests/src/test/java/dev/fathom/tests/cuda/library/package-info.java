/** NVIDIA's libraries on the emulated GPU: their conventions, and what is said to who breaks them. */
package dev.fathom.tests.cuda.library;
