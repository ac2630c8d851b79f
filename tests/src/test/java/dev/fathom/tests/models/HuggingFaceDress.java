package dev.fathom.tests.models;

import dev.fathom.engine.Shape;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Official names turned into Hugging Face's, in the direction of their conversion script ({@code
 * convert_depth_anything_to_hf.py}); written apart from the model's own map, which goes the other way.
 */
final class HuggingFaceDress {
    private HuggingFaceDress() {
    }

    /** The same weights as Hugging Face stores them: q, k and v apart. */
    static SequencedMap<String, CheckpointTensor> of(Map<String, CheckpointTensor> official) {
        SequencedMap<String, CheckpointTensor> out = new LinkedHashMap<>();
        official.forEach((name, tensor) -> {
            if (name.contains(".attn.qkv.")) {
                split(name, tensor, out);
            } else {
                out.put(name(name), tensor);
            }
        });
        return out;
    }

    private static void split(String name, CheckpointTensor qkv, Map<String, CheckpointTensor> out) {
        String[] parts = name.split("\\.");
        float[] values = qkv.toFloats();
        int third = values.length / 3;
        Shape shape = qkv.shape().with(0, qkv.shape().dim(0) / 3);
        List<String> names = List.of("query", "key", "value");
        for (int i = 0; i < 3; i++) {
            String to = "backbone.encoder.layer." + parts[2] + ".attention.attention." + names.get(i) + "." + parts[5];
            out.put(to, WeightFiles.tensor(to, shape, Arrays.copyOfRange(values, i * third, (i + 1) * third)));
        }
    }

    /** One name; not for qkv. */
    static String name(String official) {
        String[] p = official.split("\\.");
        String kind = p[p.length - 1];
        if (official.startsWith("pretrained.blocks.")) {
            String layer = "backbone.encoder.layer." + p[2] + ".";
            return switch (p[3]) {
                case "norm1", "norm2" -> layer + p[3] + "." + kind;
                case "ls1" -> layer + "layer_scale1.lambda1";
                case "ls2" -> layer + "layer_scale2.lambda1";
                case "attn" -> layer + "attention.output.dense." + kind;
                default -> layer + "mlp." + p[4].replace("w12", "weights_in").replace("w3", "weights_out") + "." + kind;
            };
        }
        if (official.startsWith("pretrained.")) {
            return switch (p[1]) {
                case "cls_token", "mask_token" -> "backbone.embeddings." + p[1];
                case "pos_embed" -> "backbone.embeddings.position_embeddings";
                case "norm" -> "backbone.layernorm." + kind;
                default -> "backbone.embeddings.patch_embeddings.projection." + kind;
            };
        }
        return switch (p[1]) {
            case "projects" -> "neck.reassemble_stage.layers." + p[2] + ".projection." + kind;
            case "resize_layers" -> "neck.reassemble_stage.layers." + p[2] + ".resize." + kind;
            default -> decoder(p, kind);
        };
    }

    private static String decoder(String[] p, String kind) {
        if (p[2].endsWith("_rn")) {
            return "neck.convs." + (p[2].charAt(5) - '1') + "." + kind;
        }
        if (p[2].startsWith("refinenet")) {
            String layer = "neck.fusion_stage.layers." + ('4' - p[2].charAt(9)) + ".";
            return p[3].equals("out_conv") ? layer + "projection." + kind
                    : layer + "residual_layer" + p[3].charAt(11) + ".convolution" + p[4].charAt(4) + "." + kind;
        }
        return "head.conv" + (p[2].equals("output_conv1") ? 1 : p[3].equals("0") ? 2 : 3) + "." + kind;
    }
}
