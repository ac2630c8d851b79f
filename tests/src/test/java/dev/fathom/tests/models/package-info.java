/**
 * The models against the original PyTorch code: tiny networks with every gradient, the released sizes, training runs,
 * pictures end to end; weights files in every dress; determinism and memory of a whole network.
 */
package dev.fathom.tests.models;
