/** Test-side windows into package-private parts of the decoder. */
package dev.fathom.models.dpt;
