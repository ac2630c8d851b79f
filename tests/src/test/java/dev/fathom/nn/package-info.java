/** Test-side windows into package-private parts of the modules. */
package dev.fathom.nn;
