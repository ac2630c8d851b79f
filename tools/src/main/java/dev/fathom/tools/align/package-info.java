/**
 * Bringing one depth map to another by a scale and a shift, robustly: tiles of a photo to its whole, a frame of a clip
 * to the one before it.
 */
package dev.fathom.tools.align;
