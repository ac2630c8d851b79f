/** Losses by name: their values, their gradients, their corners, and that a batch in parts is the batch. */
package dev.fathom.tests.loss;
