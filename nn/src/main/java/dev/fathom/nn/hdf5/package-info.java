/**
 * Numeric arrays out of HDF5 files, as plain Java arrays: {@link dev.fathom.nn.hdf5.Hdf5Arrays} is the door.
 *
 * <p>jhdf parses the format; this package checks what jhdf takes on trust (element layout, fill values, Fletcher
 * checksums, sizes) so that a file either reads equal or is refused with a sentence, never wrong.
 */
package dev.fathom.nn.hdf5;
