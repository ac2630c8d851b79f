/** Cameras and points. */
package dev.fathom.tests.camera;
