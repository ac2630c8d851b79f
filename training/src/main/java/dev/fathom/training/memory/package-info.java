/** How much memory a run will need, before it begins, and what to change where that is too much. */
package dev.fathom.training.memory;
