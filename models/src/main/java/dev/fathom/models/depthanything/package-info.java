/**
 * Depth Anything V2 (Yang et al. 2024): DINOv2 encoder, DPT decoder, and a head that says relative or metric depth.
 * Start with {@link dev.fathom.models.depthanything.DepthAnythingV2}; {@link
 * dev.fathom.models.depthanything.DepthEstimator} is what a program uses: a picture in, a depth map out.
 */
package dev.fathom.models.depthanything;
