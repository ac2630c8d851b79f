/**
 * Data sets, the HDF5 writer, augmentation and the loader.
 */
package dev.fathom.tests.data;
