/** Weights files: what one holds, and the same weights in another format. */
package dev.fathom.tools.weights;
