/** Metres from a relative map: the line through known points, its errors, its file, and what is done with it. */
package dev.fathom.tests.calibration;
