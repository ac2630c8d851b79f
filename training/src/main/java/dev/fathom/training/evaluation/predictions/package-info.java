/** Where predicted maps come from: networks, and files that any tool wrote. */
package dev.fathom.training.evaluation.predictions;
