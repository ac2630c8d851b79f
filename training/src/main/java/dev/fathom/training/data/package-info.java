/**
 * Pictures with depth, on their way into training: the data set interface, NYU-layout HDF5 folders (reading and
 * writing), augmentation and the loader that prepares batches ahead of the trainer.
 *
 * <p>Read {@link dev.fathom.training.data.DepthDataset} first, then {@link dev.fathom.training.data.NyuHdf5Writer} for
 * the file layout. Every random choice is a function of (seed, epoch, sample index) alone, so the number of loader
 * threads changes nothing.
 */
package dev.fathom.training.data;
