package dev.fathom.tests.endtoend;

import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dinov2.VitConfig.Ffn;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.training.data.NyuHdf5Writer;
import dev.fathom.training.synth.HoleSettings;
import dev.fathom.training.synth.SynthDataset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What the end-to-end tests work with: a tiny network's weights and a few small rendered rooms. */
final class Workshop {
    /** 48 channels, 4 blocks, trained at 70 pixels: the sizes of the goldens in b_tiny. */
    static final ModelConfig TINY = new ModelConfig(new VitConfig(70, 14, 48, 4, 3, Ffn.MLP), List.of(0, 1, 2, 3),
            new DptConfig(16, List.of(12, 24, 48, 48), false, false));
    static final DepthHead METRIC = new DepthHead.Metric(10);
    static final DepthHead RELATIVE = new DepthHead.Relative();
    /** Rooms are this wide and high, in pixels. */
    static final int WIDTH = 84;
    static final int HEIGHT = 70;

    private Workshop() {
    }

    /** Writes a tiny model with random weights; its file says what it is. */
    static Path model(Path file, DepthHead head) {
        return model(file, ModelMetadata.of(TINY, head), state -> { });
    }

    /** A tiny model whose file does not say whether it is metric or relative, as an official one. */
    static Path silentModel(Path file) {
        Map<String, String> metadata = new LinkedHashMap<>(ModelMetadata.of(TINY, RELATIVE));
        metadata.remove("fathom.head");
        return model(file, metadata, state -> { });
    }

    /** A tiny model with any metadata, and with weights changed at will. */
    static Path model(Path file, Map<String, String> metadata,
            Consumer<SequencedMap<String, CheckpointTensor>> change) {
        return model(file, TINY, metadata, change);
    }

    /** A model of another size. */
    static Path model(Path file, ModelConfig config, Map<String, String> metadata,
            Consumer<SequencedMap<String, CheckpointTensor>> change) {
        try (MemoryScope scope = MemoryScope.open("workshop")) {
            DepthAnythingV2 model = new DepthAnythingV2(config, RELATIVE);
            model.parameters().initialise(7);
            SequencedMap<String, CheckpointTensor> state = model.parameters().toStateDict();
            change.accept(state);
            List<CheckpointTensor> tensors = new ArrayList<>();
            state.forEach((name, tensor) -> tensors.add(tensor.renamed(name)));
            CheckpointWriter.write(file, tensors, metadata);
            return file;
        }
    }

    /** Renders rooms number {@code first} and following into a folder, one HDF5 file each. */
    static Path rooms(Path folder, int first, int count) {
        new SynthDataset(3, first, count, WIDTH, HEIGHT, new HoleSettings(0.3)).writeTo(folder, done -> { });
        return folder;
    }

    /** Writes a gray frame of the same depth everywhere. */
    static Path frame(Path file, float depth) {
        byte[] rgb = new byte[3 * WIDTH * HEIGHT];
        float[] metres = new float[WIDTH * HEIGHT];
        Arrays.fill(rgb, (byte) 128);
        Arrays.fill(metres, depth);
        NyuHdf5Writer.write(file, WIDTH, HEIGHT, rgb, metres);
        return file;
    }

    /** Every file below a folder by its path from there, sorted; hidden ones too. */
    static List<String> files(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).map(f -> folder.relativize(f).toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
