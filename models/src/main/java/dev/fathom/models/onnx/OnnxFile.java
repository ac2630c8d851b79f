package dev.fathom.models.onnx;

import dev.fathom.engine.DType;
import dev.fathom.models.protobuf.ProtobufMessage;
import dev.fathom.models.protobuf.ProtobufMessage.Payload;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * A graph as ONNX's ModelProto: the field numbers are those of {@code onnx/onnx.proto3} (onnx.ai), IR version 8, which
 * is that of opset 17 and holds all that is used here.
 *
 * @param opset version of the operators
 * @param doc what the model is, for people
 * @param metadata what it says about itself, by name
 */
record OnnxFile(Graph graph, int opset, String doc, Map<String, String> metadata) {
    private static final int IR_VERSION = 8;
    private static final int FLOAT = 1;
    private static final int INT64 = 7;
    private static final int EXTERNAL = 1;
    private static final long CHUNK = 1 << 24;

    /** A weight's values, in the order of PyTorch's state dict, fetched when they are written. */
    record Weight(CheckpointTensor tensor, LongConsumer progress) implements Payload {
        @Override
        public long size() {
            return tensor.byteSize();
        }

        @Override
        public void writeTo(WritableByteChannel channel) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment data = tensor.data(arena);
                for (long at = 0; at < data.byteSize(); at += CHUNK) {
                    long length = Math.min(CHUNK, data.byteSize() - at);
                    ProtobufMessage.writeFully(channel, data.asSlice(at, length).asByteBuffer());
                    progress.accept(length);
                }
            }
        }
    }

    /** With the weights inside. Progress is told every number of bytes that is written of them. */
    ProtobufMessage withWeights(LongConsumer progress) {
        ProtobufMessage body = body();
        graph.weights().forEach((name, tensor) -> body.message(5, tensor(name, FLOAT, dims(tensor))
                .payload(9, new Weight(tensor, progress))));
        return model(body);
    }

    /** With the weights in another file. */
    ProtobufMessage withoutWeights(ExternalData data) {
        ProtobufMessage body = body();
        graph.weights().forEach((name, tensor) -> body.message(5, tensor(name, FLOAT, dims(tensor))
                .message(13, entry("location", data.location()))
                .message(13, entry("offset", Long.toString(data.offset(name))))
                .message(13, entry("length", Long.toString(tensor.byteSize())))
                .integer(14, EXTERNAL)));
        return model(body);
    }

    private ProtobufMessage model(ProtobufMessage body) {
        ProtobufMessage model = new ProtobufMessage().integer(1, IR_VERSION).text(2, "fathom").text(6, doc);
        model.message(8, new ProtobufMessage().text(1, "").integer(2, opset));
        metadata.forEach((name, value) -> model.message(14, entry(name, value)));
        return model.message(7, body);
    }

    /** GraphProto without its weights. */
    private ProtobufMessage body() {
        ProtobufMessage body = new ProtobufMessage();
        graph.nodes().forEach(node -> body.message(1, node(node)));
        body.text(2, "depth_anything_v2");
        graph.constants().values().forEach(c -> body.message(5, tensor(c.name(), c.dtype() == DType.I64 ? INT64 : FLOAT,
                c.dims()).bytes(9, c.bytes())));
        body.message(11, valueInfo(DepthGraph.IMAGE, "batch", 3, "height", "width"));
        return body.message(12, valueInfo(DepthGraph.DEPTH, "batch", "height", "width"));
    }

    private static ProtobufMessage node(Graph.Node node) {
        ProtobufMessage message = new ProtobufMessage();
        node.inputs().forEach(v -> message.text(1, v.name()));
        node.outputs().forEach(v -> message.text(2, v.name()));
        message.text(3, node.name()).text(4, node.type());
        node.attributes().forEach(a -> message.message(5, attribute(a)));
        return message;
    }

    /** Field 20 is the kind: 1 float, 2 int, 3 string, 7 ints. */
    private static ProtobufMessage attribute(Attribute attribute) {
        ProtobufMessage message = new ProtobufMessage().text(1, attribute.name());
        return switch (attribute) {
            case Attribute.Real real -> message.real(2, real.value()).integer(20, 1);
            case Attribute.Whole whole -> message.integer(3, whole.value()).integer(20, 2);
            case Attribute.Text text -> message.text(4, text.value()).integer(20, 3);
            case Attribute.Wholes wholes -> {
                wholes.values().forEach(v -> message.integer(8, v));
                yield message.integer(20, 7);
            }
        };
    }

    private static ProtobufMessage tensor(String name, int type, List<Long> dims) {
        ProtobufMessage message = new ProtobufMessage();
        dims.forEach(d -> message.integer(1, d));
        return message.integer(2, type).text(8, name);
    }

    /** A float32 tensor whose dimensions are numbers, or names for what is known at run time. */
    private static ProtobufMessage valueInfo(Value value, Object... dims) {
        ProtobufMessage shape = new ProtobufMessage();
        for (Object dim : dims) {
            shape.message(1, dim instanceof Integer known ? new ProtobufMessage().integer(1, known)
                    : new ProtobufMessage().text(2, (String) dim));
        }
        ProtobufMessage type = new ProtobufMessage().integer(1, FLOAT).message(2, shape);
        return new ProtobufMessage().text(1, value.name()).message(2, new ProtobufMessage().message(1, type));
    }

    private static ProtobufMessage entry(String key, String value) {
        return new ProtobufMessage().text(1, key).text(2, value);
    }

    private static List<Long> dims(CheckpointTensor tensor) {
        return Arrays.stream(tensor.shape().toArray()).mapToObj(d -> (long) d).toList();
    }
}
