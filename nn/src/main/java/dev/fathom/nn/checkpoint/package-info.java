/**
 * Weights files: PyTorch's .pth (zip and legacy), safetensors and HDF5, behind one view.
 *
 * <p>Read first: {@link dev.fathom.nn.checkpoint.CheckpointFile} (open a file of any format), {@link
 * dev.fathom.nn.checkpoint.CheckpointTensor} (one array), {@link dev.fathom.nn.checkpoint.Conversion} (from one
 * format to another). A .pth is a program for Python's unpickler; {@code Pickle} understands the part of that
 * language that describes data, {@code TorchGlobals} lists the few names it may mention, and nothing else is
 * accepted.
 *
 * <p>Writing never harms what is there: {@link dev.fathom.nn.checkpoint.AtomicFile} puts the new file beside the old
 * one and renames it when every byte is on the disk.
 */
package dev.fathom.nn.checkpoint;
