/** Files that weights and arrays live in: read equal, refused with a sentence, never half written. */
package dev.fathom.tests.checkpoint;
