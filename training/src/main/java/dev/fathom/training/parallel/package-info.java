/**
 * Several workers in one training: {@link dev.fathom.training.parallel.Communicator} names what they do together, in the
 * words of MPI and NCCL, and {@link dev.fathom.training.parallel.Workers} are threads of one process that do it.
 */
package dev.fathom.training.parallel;
