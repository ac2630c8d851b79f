/**
 * What a number of an evaluation means: every choice between a predicted map and a measure, by name. The four named
 * protocols of the field are presets of these choices.
 */
package dev.fathom.training.evaluation.protocol;
