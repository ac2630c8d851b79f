/**
 * Losses by name. A {@link dev.fathom.training.loss.Objective} is what a batch is judged by: as one recorded operation, or
 * in parts, when a batch is too large for one pass or is shared out among workers.
 */
package dev.fathom.training.loss;
