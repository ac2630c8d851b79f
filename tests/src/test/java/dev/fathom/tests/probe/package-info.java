/** Experiments before a run: the learning rate range test, learning one batch by heart. */
package dev.fathom.tests.probe;
