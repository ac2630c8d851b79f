/**
 * The field's data sets, each read as its authors distribute it: {@link dev.fathom.training.data.sets.DatasetFormats}
 * lists them, a {@link dev.fathom.training.data.sets.DatasetSpec} is what a user types.
 */
package dev.fathom.training.data.sets;
