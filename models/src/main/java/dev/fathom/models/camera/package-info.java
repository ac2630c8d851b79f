/**
 * The camera that took a picture: what turns a pixel with a depth into a point in space. {@link
 * dev.fathom.models.camera.Intrinsics} is that camera, {@link dev.fathom.models.camera.ExifLens} what a photo says of
 * it.
 */
package dev.fathom.models.camera;
