/** The rules of the house that a machine can check: who imports whom, and what every source file must have. */
package dev.fathom.tests.architecture;
