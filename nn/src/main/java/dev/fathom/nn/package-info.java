/**
 * Modules: parameters under PyTorch's exact names, and the functions that use them. A module is built from a
 * {@link dev.fathom.nn.Names} (the path so far), which registers what it makes in a {@link dev.fathom.nn.ParameterSet};
 * so a parameter's name and its place in the code are written down once. Start with {@link dev.fathom.nn.Linear}.
 */
package dev.fathom.nn;
