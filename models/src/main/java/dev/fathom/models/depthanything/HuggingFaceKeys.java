package dev.fathom.models.depthanything;

import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hugging Face's names for the same weights ({@code DepthAnythingForDepthEstimation}), turned into the official ones.
 * Only names change, except that their separate query, key and value are joined into one {@code qkv}
 * (transformers {@code convert_depth_anything_to_hf.py}, read backwards).
 */
final class HuggingFaceKeys {
    private static final String LAYER = "pretrained.blocks.$1.";

    private record Rule(Pattern pattern, String to) {
        static Rule of(String regex, String to) {
            return new Rule(Pattern.compile(regex), to);
        }
    }

    private static final List<Rule> RULES = List.of(
            Rule.of("backbone\\.embeddings\\.(cls_token|mask_token)", "pretrained.$1"),
            Rule.of("backbone\\.embeddings\\.position_embeddings", "pretrained.pos_embed"),
            Rule.of("backbone\\.embeddings\\.patch_embeddings\\.projection\\.(.*)", "pretrained.patch_embed.proj.$1"),
            Rule.of("backbone\\.encoder\\.layer\\.(\\d+)\\.(norm[12]\\..*|mlp\\.fc[12]\\..*)", LAYER + "$2"),
            Rule.of("backbone\\.encoder\\.layer\\.(\\d+)\\.mlp\\.weights_in\\.(.*)", LAYER + "mlp.w12.$2"),
            Rule.of("backbone\\.encoder\\.layer\\.(\\d+)\\.mlp\\.weights_out\\.(.*)", LAYER + "mlp.w3.$2"),
            Rule.of("backbone\\.encoder\\.layer\\.(\\d+)\\.layer_scale([12])\\.lambda1", LAYER + "ls$2.gamma"),
            Rule.of("backbone\\.encoder\\.layer\\.(\\d+)\\.attention\\.attention\\.(query|key|value)\\.(.*)", LAYER
            + "attn.$2.$3"),
            Rule.of("backbone\\.encoder\\.layer\\.(\\d+)\\.attention\\.output\\.dense\\.(.*)", LAYER + "attn.proj.$2"),
            Rule.of("backbone\\.layernorm\\.(.*)", "pretrained.norm.$1"),
            Rule.of("neck\\.reassemble_stage\\.layers\\.(\\d)\\.projection\\.(.*)", "depth_head.projects.$1.$2"),
            Rule.of("neck\\.reassemble_stage\\.layers\\.(\\d)\\.resize\\.(.*)", "depth_head.resize_layers.$1.$2"),
            Rule.of("head\\.conv1\\.(.*)", "depth_head.scratch.output_conv1.$1"),
            Rule.of("head\\.conv2\\.(.*)", "depth_head.scratch.output_conv2.0.$1"),
            Rule.of("head\\.conv3\\.(.*)", "depth_head.scratch.output_conv2.2.$1"));

    private static final Pattern NECK_CONV = Pattern.compile("neck\\.convs\\.(\\d)\\.(.*)");
    private static final Pattern FUSION = Pattern.compile("neck\\.fusion_stage\\.layers\\.(\\d)\\.(.*)");
    private static final Pattern SPLIT =
            Pattern.compile("(pretrained\\.blocks\\.\\d+\\.attn\\.)(query|key|value)\\.(weight|bias)");

    private HuggingFaceKeys() {
    }

    /** Whether these are Hugging Face's names. */
    static boolean matches(Map<String, CheckpointTensor> state) {
        return state.containsKey("backbone.embeddings.cls_token");
    }

    /** The state dict under the official names; names that no rule knows stay and are reported by the strict load. */
    static SequencedMap<String, CheckpointTensor> toOfficial(Map<String, CheckpointTensor> state) {
        SequencedMap<String, CheckpointTensor> official = new LinkedHashMap<>();
        state.forEach((name, tensor) -> {
            String to = official(name);
            Matcher split = SPLIT.matcher(to);
            if (!split.matches()) {
                official.put(to, tensor.renamed(to));
            } else if (split.group(2).equals("query")) {
                UnaryOperator<String> sibling = part -> name.replace(".query.", "." + part + ".");
                String joined = split.group(1) + "qkv." + split.group(3);
                official.put(joined, join(joined, List.of(tensor, part(state, sibling.apply("key")),
                        part(state, sibling.apply("value")))));
            }
        });
        return official;
    }

    private static String official(String name) {
        for (Rule rule : RULES) {
            Matcher m = rule.pattern.matcher(name);
            if (m.matches()) {
                return m.replaceFirst(rule.to);
            }
        }
        Matcher m = NECK_CONV.matcher(name);
        if (m.matches()) {
            return "depth_head.scratch.layer" + (Integer.parseInt(m.group(1)) + 1) + "_rn." + m.group(2);
        }
        m = FUSION.matcher(name);
        if (m.matches()) {
            // theirs counts from the coarsest map, the original from the finest
            return "depth_head.scratch.refinenet" + (4 - Integer.parseInt(m.group(1))) + "." + m.group(2)
                    .replace("projection", "out_conv").replace("residual_layer", "resConfUnit")
                    .replace("convolution", "conv");
        }
        return name;
    }

    private static CheckpointTensor part(Map<String, CheckpointTensor> state, String name) {
        CheckpointTensor tensor = state.get(name);
        if (tensor == null) {
            throw new CheckpointException("The checkpoint has a query without its " + name
                    + "; the file is incomplete");
        }
        return tensor;
    }

    /** Tensors of equal trailing extents, one after another along the first axis. */
    private static CheckpointTensor join(String name, List<CheckpointTensor> parts) {
        CheckpointTensor first = parts.getFirst();
        List<MemorySegment> pieces = new ArrayList<>();
        int rows = 0;
        for (CheckpointTensor p : parts) {
            if (p.dtype() != first.dtype() || !p.shape().equals(first.shape())) {
                throw new CheckpointException(name + ": query is " + first.dtype() + " " + first.shape() + " but "
                        + p.name() + " is "
                        + p.dtype() + " " + p.shape());
            }
            rows += p.shape().dim(0);
            pieces.add(p.data());
        }
        MemorySegment all = Arena.ofAuto().allocate(Math.max(1, pieces.stream().mapToLong(MemorySegment::byteSize)
                .sum()), 64);
        long at = 0;
        for (MemorySegment piece : pieces) {
            MemorySegment.copy(piece, 0, all, at, piece.byteSize());
            at += piece.byteSize();
        }
        Shape shape = first.shape().with(0, rows);
        return CheckpointTensor.of(name, first.dtype(), shape, all.asSlice(0, at));
    }
}
