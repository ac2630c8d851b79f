/** Evaluation: protocols, crops, alignments, sources, batches; statistics, ordinal accuracy, the page. */
package dev.fathom.tests.evaluation;
