/**
 * What a person does about a GPU: seeing what there is of it, fetching NVIDIA's libraries ({@code fathom gpu install}),
 * checking that a device computes what it should ({@code fathom gpu check}), finding bugs of kernels without one
 * ({@code fathom kernels check}).
 */
package dev.fathom.tools.gpu;
