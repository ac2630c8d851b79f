/**
 * Metres from a relative map: 1/depth = a + b d, fitted to points whose distance is known ({@link
 * dev.fathom.models.calibration.InverseDepthFit}), kept with its errors and with what it holds for ({@link
 * dev.fathom.models.calibration.Calibration}), and applied to maps.
 */
package dev.fathom.models.calibration;
