package dev.fathom.tests.models;

import static dev.fathom.tests.models.WeightFiles.tensor;
import static dev.fathom.tests.models.WeightFiles.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metric or relative? Weights look the same in both, so a file or the caller must say it, and nothing is guessed. */
class ModelFileHeadTest {
    private static final DepthHead RELATIVE = new DepthHead.Relative();

    @TempDir
    Path folder;

    private Path path;

    @Test
    void declaredInMetadata() {
        try (ModelFile metric = file(ModelMetadata.of(Encoder.VITS.config(), new DepthHead.Metric(80)))) {
            assertEquals(Optional.of(new DepthHead.Metric(80)), metric.declaredHead());
            assertEquals(new DepthHead.Metric(80), metric.head(null, false));
            assertEquals(new DepthHead.Metric(80), metric.head(80.0, false));
        }
        try (ModelFile relative = file(ModelMetadata.of(Encoder.VITS.config(), RELATIVE))) {
            assertEquals(Optional.of(RELATIVE), relative.declaredHead());
            assertEquals(RELATIVE, relative.head(null, false));
            assertEquals(RELATIVE, relative.head(null, true));
        }
    }

    @Test
    void declaredByHuggingFacesConfiguration() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"depth_estimation_type\": \"metric\", \"max_depth\": 20}");
        try (ModelFile metric = file(Map.of())) {
            assertEquals(new DepthHead.Metric(20), metric.head(null, false));
        }
        Files.writeString(folder.resolve("config.json"), "{\"depth_estimation_type\": \"relative\"}");
        try (ModelFile relative = file(Map.of())) {
            assertEquals(RELATIVE, relative.head(null, false));
        }
        try (ModelFile own = file(ModelMetadata.of(Encoder.VITS.config(), new DepthHead.Metric(10)))) {
            assertEquals(new DepthHead.Metric(10), own.head(null, false), "the file's own word is nearer than its"
                    + " neighbour's");
        }
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"something else\"}");
        try (ModelFile silent = file(Map.of())) {
            assertEquals(Optional.empty(), silent.declaredHead());
        }
    }

    @Test
    void brokenConfigurations() throws IOException {
        Path json = folder.resolve("config.json");
        Files.writeString(json, "{\"depth_estimation_type\": \"metric\"}");
        assertEquals(json + " declares a metric model without a number max_depth; add it (metres)",
                refusal(() -> file(Map.of())));
        Files.writeString(json, "{\"depth_estimation_type\": ");
        assertTrue(refusal(() -> file(Map.of())).startsWith("Cannot read " + json + ", which should describe the"
                + " model beside it: "));
    }

    @Test
    void brokenMetadata() {
        assertEquals(folder.resolve("w.safetensors") + ": its metadata entry fathom.head is 'depth', expected"
                + " relative or metric",
                refusal(() -> file(Map.of("fathom.head", "depth"))));
        assertEquals(folder.resolve("w.safetensors") + ": its metadata declares a metric head but fathom.max_depth is"
                + " 'far', expected metres",
                refusal(() -> file(Map.of("fathom.head", "metric", "fathom.max_depth", "far"))));
        assertEquals(folder.resolve("w.safetensors") + ": its metadata declares a metric head but fathom.max_depth is"
                + " 'null', expected metres",
                refusal(() -> file(Map.of("fathom.head", "metric"))));
    }

    @Test
    void askedFor() {
        try (ModelFile silent = file(Map.of())) {
            assertEquals(new DepthHead.Metric(20), silent.head(20.0, false));
            assertEquals(RELATIVE, silent.head(null, true));
            assertEquals("The largest depth must be a positive number of metres, got -1.0",
                    refusal(() -> silent.head(-1.0, false)));
            assertEquals("The largest depth must be a positive number of metres, got NaN",
                    refusal(() -> silent.head(Double.NaN, false)));
        }
    }

    @Test
    void neitherDeclaredNorAskedFor() {
        try (ModelFile silent = file(Map.of())) {
            assertEquals(path + " does not say whether it is a metric or a relative model (their weights look the"
                    + " same); add --max-depth M for"
                    + " a metric one (20 for Hypersim, 80 for VKITTI, 10 for NYU) or --relative",
                    refusal(() -> silent.head(null, false)));
        }
    }

    @Test
    void contradictions() {
        try (ModelFile metric = file(ModelMetadata.of(Encoder.VITS.config(), new DepthHead.Metric(20)))) {
            assertEquals("--max-depth is for metric models and --relative for relative ones: give one of them",
                    refusal(() -> metric.head(20.0, true)));
            assertEquals(path + " declares a metric head; leave --relative out",
                    refusal(() -> metric.head(null, true)));
            assertEquals(path + " declares a metric head of up to 20.0 m, not 80.0 m, and its depths would be scaled"
                    + " wrongly; leave"
                    + " --max-depth out", refusal(() -> metric.head(80.0, false)));
        }
        try (ModelFile relative = file(ModelMetadata.of(Encoder.VITS.config(), RELATIVE))) {
            assertEquals(path + " declares a relative head; leave --max-depth out",
                    refusal(() -> relative.head(20.0, false)));
        }
    }

    @Test
    void encodersByName() {
        assertEquals(Encoder.VITL, Encoder.of("ViTL"));
        assertEquals("There is no encoder 'vith'; choose one of vits, vitb, vitl, vitg",
                refusal(() -> Encoder.of("vith")));
    }

    private static String refusal(Runnable call) {
        return assertThrows(FathomException.class, call::run).getMessage();
    }

    /** The names of a ViT-S with almost nothing in it, and this metadata. */
    private ModelFile file(Map<String, String> metadata) {
        var state = new LinkedHashMap<String, CheckpointTensor>();
        state.put("pretrained.cls_token", tensor("pretrained.cls_token", Shape.of(1, 1, 384), new float[384]));
        for (int i = 0; i < 12; i++) {
            String name = "pretrained.blocks." + i + ".norm1.weight";
            state.put(name, tensor(name, Shape.of(384), new float[384]));
        }
        path = write(folder.resolve("w.safetensors"), state, metadata);
        return ModelFile.open(path);
    }
}
