/** The camera that took a picture: what turns a pixel with a depth into a point in space. */
package dev.fathom.models.camera;
