/**
 * Export to ONNX (onnx.ai), the exchange format that other runtimes read. Read {@link
 * dev.fathom.models.onnx.OnnxExport}, then {@code DepthGraph}, {@code VitGraph} and {@code DptGraph}, which say in
 * ONNX's operators what the modules of {@code dinov2} and {@code dpt} say in the engine's. {@code Graph} and {@code
 * Scope} are the small language in which they say it; {@code OnnxFile} turns it into {@link
 * dev.fathom.models.protobuf.ProtobufMessage}s.
 */
package dev.fathom.models.onnx;
