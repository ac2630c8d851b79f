/** The faults that the emulated GPU finds in kernels and in the code that drives them, and how they are told. */
package dev.fathom.engine.cuda.emulated.report;
