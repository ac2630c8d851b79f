/** Tests of the optimiser, the learning rate schedules and gradient clipping, against PyTorch's own runs. */
package dev.fathom.tests.optim;
