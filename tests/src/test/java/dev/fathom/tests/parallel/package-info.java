/** Batches in parts and among several workers: the same result as in one piece, and what happens when one fails. */
package dev.fathom.tests.parallel;
