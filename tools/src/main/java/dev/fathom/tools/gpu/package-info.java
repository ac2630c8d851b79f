/**
 * What a person does about a GPU: fetching NVIDIA's libraries ({@link dev.fathom.tools.gpu.CudaInstall}), and checking
 * that a device computes what it should ({@code fathom gpu check}).
 */
package dev.fathom.tools.gpu;
