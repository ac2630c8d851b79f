/**
 * {@code fathom calibrate}: points of known depth to a line and its report, and what other commands need to use the result
 * ({@link dev.fathom.tools.calibrate.CalibrationArguments}).
 */
package dev.fathom.tools.calibrate;
