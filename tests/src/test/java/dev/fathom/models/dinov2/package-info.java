/** Test-side windows into package-private parts of the encoder. */
package dev.fathom.models.dinov2;
