/**
 * Pictures: decoding, resizing, normalising and palettes, against what OpenCV and matplotlib produced.
 */
package dev.fathom.tests.image;
