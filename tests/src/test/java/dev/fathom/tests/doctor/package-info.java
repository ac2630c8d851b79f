/** The doctor of data sets: finds every planted fault, and none in sound sets. */
package dev.fathom.tests.doctor;
