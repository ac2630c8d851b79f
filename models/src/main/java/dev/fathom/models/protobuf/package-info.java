/**
 * Writing protocol buffers (protobuf.dev/programming-guides/encoding): what ONNX models and TensorBoard's event files
 * are made of.
 *
 * <p>The writer is ours: writing needs one short class, which streams gigabytes from mapped weights, while the classes
 * that protobuf's compiler generates would hold every weight in a byte array first.
 */
package dev.fathom.models.protobuf;
