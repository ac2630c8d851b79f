package dev.fathom.tests.bench;

import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.onnx.OnnxExport;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One model with random weights in two files: safetensors for Fathom, an ONNX graph with its data beside it for ONNX
 * Runtime. Both are read as a user's would be.
 */
final class PeerFiles implements AutoCloseable {
    private static final DepthHead HEAD = new DepthHead.Metric(10);

    private final Path folder;
    private final Encoder encoder;
    private final List<ModelFile> open = new ArrayList<>();

    private PeerFiles(Path folder, Encoder encoder) {
        this.folder = folder;
        this.encoder = encoder;
    }

    /** Writes both to a temporary folder, which goes when this is closed. */
    static PeerFiles of(Encoder encoder) throws IOException {
        PeerFiles files = new PeerFiles(Files.createTempDirectory("peer"), encoder);
        try (MemoryScope scope = MemoryScope.open("model")) {
            DepthAnythingV2 network = new DepthAnythingV2(encoder.config(), HEAD);
            network.parameters().initialise(1);
            List<CheckpointTensor> tensors = new ArrayList<>();
            network.parameters().toStateDict().forEach((name, tensor) -> tensors.add(tensor.renamed(name)));
            CheckpointWriter.write(files.weights(), tensors, ModelMetadata.of(encoder.config(), HEAD));
            new OnnxExport(encoder.id(), Optional.empty(), OnnxExport.OLDEST_OPSET).write(files.graph(),
                    network.config(), network.head(), network.parameters().toStateDict(), true, bytes -> { });
        }
        return files;
    }

    Encoder encoder() {
        return encoder;
    }

    Path weights() {
        return folder.resolve("model.safetensors");
    }

    Path graph() {
        return folder.resolve("model.onnx");
    }

    /** The model as {@code predict} has it, in the innermost scope; not to be used once this is closed. */
    DepthAnythingV2 network() {
        ModelFile file = ModelFile.open(weights());
        open.add(file);
        return file.load(HEAD);
    }

    @Override
    public void close() throws IOException {
        open.forEach(ModelFile::close);
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
