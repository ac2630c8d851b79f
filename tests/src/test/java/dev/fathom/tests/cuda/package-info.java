/** The GPU backend: memory, launches, graphs and faults, all on the emulated device or on one that only counts. */
package dev.fathom.tests.cuda;
