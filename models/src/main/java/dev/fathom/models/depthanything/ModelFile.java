package dev.fathom.models.depthanything;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.nn.StateDictLoader;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An open weights file of Depth Anything V2 in any dress: official, wrapped by a trainer, Hugging Face's, a bare DINOv2
 * encoder, or Fathom's own. Knows which network it belongs to and, if the file says so, which head.
 *
 * <p>Mapped weights live as long as the file is open: close it after the model.
 */
public final class ModelFile implements AutoCloseable {
    private final CheckpointFile file;
    private final Map<String, CheckpointTensor> state;
    private final ModelConfig config;
    private final Optional<DepthHead> declaredHead;

    private ModelFile(CheckpointFile file) {
        this.file = file;
        this.state = officialNames(file.stateDict());
        this.config = ModelMetadata.config(file.metadata(), source()).or(() -> Encoders.recognise(state))
                .orElseThrow(() ->
                new CheckpointException(source() + " is not a Depth Anything V2 model: " + Encoders.describe(state)));
        this.declaredHead = ModelMetadata.head(file.metadata(), source()).or(() -> headBeside(file.path()));
    }

    /** Opens a file and recognises its network. */
    public static ModelFile open(Path path) {
        CheckpointFile file = CheckpointFile.open(path);
        try {
            return new ModelFile(file);
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    public CheckpointFile file() {
        return file;
    }

    public Path path() {
        return file.path();
    }

    public ModelConfig config() {
        return config;
    }

    /** The released size that this is, if it is one. */
    public Optional<Encoder> encoder() {
        return Encoders.ofConfig(config);
    }

    /**
     * The head that the file's metadata (or a Hugging Face config.json beside it) declares. Official .pth files declare
     * none.
     */
    public Optional<DepthHead> declaredHead() {
        return declaredHead;
    }

    /** Whether the decoder's weights are in the file too; a bare DINOv2 checkpoint has none. */
    public boolean hasDecoder() {
        return state.keySet().stream().anyMatch(name -> name.startsWith("depth_head."));
    }

    /** The weights under the official names. */
    public Map<String, CheckpointTensor> state() {
        return state;
    }

    /** Refuses a file of another encoder, by name. */
    public ModelFile require(Encoder wanted) {
        if (!config.equals(wanted.config())) {
            throw new CheckpointException(source() + " holds " + encoder().map(e -> "a " + e.id()).orElse(
                    "another network (" + Encoders.describe(state) + ")") + ", not a " + wanted.id() + "; "
                    + encoder().map(e -> "use --encoder " + e.id()).orElse("leave --encoder out"));
        }
        return this;
    }

    /**
     * The head with which the file's decoder was trained: the declared one, or the one asked for. (A fresh decoder may
     * have any.)
     *
     * @param maxDepth metres, asked for on the command line; null if not
     * @param relative whether a relative head was asked for
     * @throws FathomException if neither says which, or both disagree
     */
    public DepthHead head(Double maxDepth, boolean relative) {
        if (maxDepth != null && relative) {
            throw new FathomException("--max-depth is for metric models and --relative for relative ones: give one of "
                    + "them");
        }
        if (maxDepth == null && !relative) {
            return declaredHead.orElseThrow(() -> new FathomException(source()
                    + " does not say whether it is a metric or a relative model"
                    + " (their weights look the same); add --max-depth M for a metric one (20 for Hypersim, 80 for "
                    + "VKITTI, 10 for NYU)"
                    + " or --relative"));
        }
        if (relative && declaredHead.isPresent() && declaredHead.get() instanceof DepthHead.Metric) {
            throw new FathomException(source() + " declares a metric head; leave --relative out");
        }
        if (maxDepth != null && declaredHead.isPresent() && declaredHead.get() instanceof DepthHead.Relative) {
            throw new FathomException(source() + " declares a relative head; leave --max-depth out");
        }
        if (maxDepth != null && declaredHead.isPresent() && declaredHead.get() instanceof DepthHead.Metric declared
                && declared.maxDepth() != maxDepth) {
            throw new FathomException(source() + " declares a metric head of up to " + declared.maxDepth() + " m, not "
                    + maxDepth
                    + " m, and its depths would be scaled wrongly; leave --max-depth out");
        }
        return maxDepth != null ? new DepthHead.Metric(maxDepth) : new DepthHead.Relative();
    }

    /**
     * Builds the network for inference on the CPU, in the innermost {@code MemoryScope}: weights stay in the file,
     * mapped, where that is possible.
     */
    public DepthAnythingV2 load(DepthHead head) {
        return load(head, Memory.MAP, Device.CPU);
    }

    /**
     * Builds the network and fills all of it, in the innermost {@code MemoryScope}.
     *
     * @throws CheckpointException if the file holds an encoder alone, or its keys are not exactly the network's
     */
    public DepthAnythingV2 load(DepthHead head, Memory memory, Device device) {
        requireDecoder();
        DepthAnythingV2 model = new DepthAnythingV2(config, head);
        new StateDictLoader(model.parameters(), source()).load(state, device, memory);
        return model;
    }

    /**
     * Checks that the file holds the whole network, exactly its tensors with finite values, without loading it.
     *
     * @throws CheckpointException as {@link #load(DepthHead, Memory, Device)} does
     */
    public void verify(DepthHead head) {
        requireDecoder();
        new StateDictLoader(new DepthAnythingV2(config, head).parameters(), source()).verify(state);
    }

    /**
     * Builds the network, fills its encoder from the file and draws a fresh decoder: how fine-tuning starts (SPEC 3).
     */
    public DepthAnythingV2 loadEncoder(DepthHead head, long seed, Device device) {
        DepthAnythingV2 model = new DepthAnythingV2(config, head);
        new StateDictLoader(model.parameters(), source()).load(state, name ->
                name.startsWith(DepthAnythingV2.ENCODER_PREFIX), device,
                Memory.COPY);
        model.parameters().initialise(seed, device, name -> !name.startsWith(DepthAnythingV2.ENCODER_PREFIX));
        return model;
    }

    /** Ends the life of mapped weights. */
    @Override
    public void close() {
        file.close();
    }

    private void requireDecoder() {
        if (!hasDecoder()) {
            throw new CheckpointException(source()
                    + " holds an encoder alone (DINOv2), expected a whole model with its depth_head; use a"
                    + " checkpoint of Depth Anything V2, or train a decoder for this one first (fathom train)");
        }
    }

    private String source() {
        return file.path().toString();
    }

    private static Map<String, CheckpointTensor> officialNames(Map<String, CheckpointTensor> state) {
        if (HuggingFaceKeys.matches(state)) {
            return HuggingFaceKeys.toOfficial(state);
        }
        if (state.containsKey("cls_token") && state.containsKey("pos_embed")) {
            Map<String, CheckpointTensor> prefixed = new LinkedHashMap<>();
            state.forEach((name, tensor) -> prefixed.put(DepthAnythingV2.ENCODER_PREFIX + name,
                    tensor.renamed(DepthAnythingV2.ENCODER_PREFIX + name)));
            return prefixed;
        }
        return state;
    }

    /** Hugging Face keeps the head's kind in a config.json next to the weights. */
    private static Optional<DepthHead> headBeside(Path weights) {
        Path json = weights.toAbsolutePath().resolveSibling("config.json");
        if (!Files.isRegularFile(json)) {
            return Optional.empty();
        }
        try {
            JsonNode node = new ObjectMapper().readTree(json.toFile());
            return switch (node.path("depth_estimation_type").asText("")) {
                case "metric" -> {
                    if (!node.path("max_depth").isNumber()) {
                        throw new FathomException(json
                                + " declares a metric model without a number max_depth; add it (metres)");
                    }
                    yield Optional.of(new DepthHead.Metric(node.path("max_depth").asDouble()));
                }
                case "relative" -> Optional.of(new DepthHead.Relative());
                default -> Optional.empty();
            };
        } catch (IOException e) {
            throw new FathomException("Cannot read " + json + ", which should describe the model beside it: "
                    + e.getMessage(), e);
        }
    }

    /** Which network a set of official names and shapes belongs to. */
    static final class Encoders {
        private Encoders() {
        }

        static Optional<Encoder> ofConfig(ModelConfig config) {
            for (Encoder e : Encoder.values()) {
                if (e.config().equals(config)) {
                    return Optional.of(e);
                }
            }
            return Optional.empty();
        }

        static Optional<ModelConfig> recognise(Map<String, CheckpointTensor> state) {
            for (Encoder e : Encoder.values()) {
                VitConfig vit = e.config().vit();
                CheckpointTensor cls = state.get("pretrained.cls_token");
                if (cls != null && cls.shape().equals(Shape.of(1, 1, vit.dim())) && blocks(state) == vit.depth()) {
                    return Optional.of(e.config());
                }
            }
            return Optional.empty();
        }

        static String describe(Map<String, CheckpointTensor> state) {
            CheckpointTensor cls = state.get("pretrained.cls_token");
            if (cls == null) {
                return "it has no pretrained.cls_token among its " + state.size() + " tensors"
                        + (state.isEmpty() ? "" : " (the first is " + state.keySet().iterator().next() + ")");
            }
            return "its encoder has " + cls.shape().dim(-1) + " channels and " + blocks(state)
                    + " blocks, while vits has 384 and 12, vitb 768"
                    + " and 12, vitl 1024 and 24, vitg 1536 and 40";
        }

        private static int blocks(Map<String, CheckpointTensor> state) {
            int n = 0;
            while (state.containsKey("pretrained.blocks." + n + ".norm1.weight")) {
                n++;
            }
            return n;
        }
    }
}
