package dev.fathom.models.onnx;

/**
 * A tensor of the graph, known by its name: the input, a weight, a constant or what a node makes.
 *
 * @param name unique in the graph; a weight's is PyTorch's parameter name
 */
record Value(String name) {
}
