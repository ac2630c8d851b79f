package dev.fathom.models.onnx;

import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.models.protobuf.ProtobufMessage;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Writes a model as an ONNX file that ONNX Runtime and others run.
 *
 * <pre>
 * image  float32 [batch,3,height,width]: RGB / 255, minus the mean, over the deviation; sides multiples of 14
 * depth  float32 [batch,height,width]:   metres, or relative inverse depth, as metadata_props says
 * </pre>
 *
 * <p>Batch, height and width are free at run time. Weights have PyTorch's names, layouts and values, float32. What the
 * model is lies in metadata_props: {@code unit}, {@code polarity}, {@code model}, {@code weights_sha256}, {@code
 * preprocessing}, and {@link ModelMetadata}'s entries.
 *
 * @param model its name, for people: {@code Depth Anything V2 vits}
 * @param weightsSha256 of the weights file, hexadecimal; empty for a model that came from none
 * @param opset version of ONNX's operators, {@value #OLDEST_OPSET} to {@value #NEWEST_OPSET}
 */
public record OnnxExport(String model, Optional<String> weightsSha256, int opset) {
    /** The first with LayerNormalization. */
    public static final int OLDEST_OPSET = 17;
    /** The last that was tried. */
    public static final int NEWEST_OPSET = 23;
    /** A protobuf message holds at most this many bytes. */
    private static final long MOST_INSIDE = Integer.MAX_VALUE;

    /** @throws FathomException for an opset that the graph cannot be written for */
    public OnnxExport {
        if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
            throw new FathomException("Opset " + opset + " is not one that a model can be exported for; choose "
                    + OLDEST_OPSET + " (the first with LayerNormalization) to " + NEWEST_OPSET + ".");
        }
    }

    /**
     * What was written.
     *
     * @param nodes of the graph
     * @param weights tensors in it; those that the network never uses are left out
     * @param weightBytes their size
     */
    public record Result(int nodes, int weights, long weightBytes) {
    }

    /** The file that holds the weights of {@code target} if they are external: {@code X.onnx.data} in its folder. */
    public static Path dataFile(Path target) {
        return target.resolveSibling(target.getFileName() + ".data");
    }

    /** How many bytes of weights will be written. */
    public static long weightBytes(ModelConfig config, DepthHead head, Map<String, CheckpointTensor> state) {
        return bytes(DepthGraph.of(config, head, state));
    }

    /**
     * Writes the model, or leaves what was there: a file appears whole or not at all.
     *
     * @param state the weights under the official names, complete and finite ({@code ModelFile.verify})
     * @param external whether the weights go into {@link #dataFile}
     * @param progress is told every number of weight bytes that is written
     * @throws CheckpointException if the file cannot be written, or would be larger than protobuf allows
     */
    public Result write(Path target, ModelConfig config, DepthHead head, Map<String, CheckpointTensor> state,
            boolean external, LongConsumer progress) {
        Graph graph = DepthGraph.of(config, head, state);
        OnnxFile file = new OnnxFile(graph, opset, doc(head), metadata(config, head));
        if (external) {
            ExternalData data = new ExternalData(dataFile(target).getFileName().toString(), graph.weights());
            // One inside the other: both are complete before the first takes its name.
            AtomicFile.replace(target, graphFile -> {
                write(graphFile, channel -> file.withoutWeights(data).writeTo(channel));
                AtomicFile.replace(dataFile(target), dataFile ->
                        write(dataFile, channel -> data.writeTo(channel, progress)));
            });
        } else {
            ProtobufMessage message = file.withWeights(progress);
            if (message.size() > MOST_INSIDE) {
                throw new CheckpointException(String.format(Locale.ROOT,
                        "%s would be %.1f GB, but an ONNX file holds at most 2 GB; add --external-data to put the "
                        + "weights into %s beside it.", target, message.size() / 1e9,
                        dataFile(target).getFileName()));
            }
            AtomicFile.replace(target, path -> write(path, message::writeTo));
        }
        return new Result(graph.nodes().size(), graph.weights().size(), bytes(graph));
    }

    private interface Body {
        void writeTo(FileChannel channel) throws IOException;
    }

    private static void write(Path path, Body body) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            body.writeTo(channel);
        }
    }

    private static long bytes(Graph graph) {
        return graph.weights().values().stream().mapToLong(CheckpointTensor::byteSize).sum();
    }

    private Map<String, String> metadata(ModelConfig config, DepthHead head) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("unit", head.unit());
        metadata.put("polarity", head.polarity());
        metadata.put("model", model);
        weightsSha256.ifPresent(hex -> metadata.put("weights_sha256", hex));
        metadata.put("preprocessing", "RGB / 255, minus mean 0.485 0.456 0.406, over deviation 0.229 0.224 0.225; "
                + "height and width multiples of " + config.vit().patch());
        metadata.putAll(ModelMetadata.of(config, head));
        return metadata;
    }

    private String doc(DepthHead head) {
        return model + ": image [batch,3,height,width], normalised RGB, to depth [batch,height,width] in "
                + head.unit() + ", " + head.polarity() + ".";
    }
}
