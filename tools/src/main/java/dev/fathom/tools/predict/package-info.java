/**
 * What {@code tools/fathom predict} does, without its command line: find pictures, run the model, write what was asked
 * for.
 */
package dev.fathom.tools.predict;
