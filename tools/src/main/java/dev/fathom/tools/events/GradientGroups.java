package dev.fathom.tools.events;

import dev.fathom.engine.Tensor;
import dev.fathom.models.depthanything.DepthAnythingV2;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which parameters' gradients are shown together: those of an encoder block, or of a part of the decoder. */
final class GradientGroups {
    private static final Pattern BLOCK = Pattern.compile("blocks\\.(\\d+)\\..*");
    private static final String DECODER_PREFIX = "depth_head.";
    private static final String SCRATCH = "scratch.";

    private GradientGroups() {
    }

    /** The gradients of each group, both in the order of the parameters. */
    static Map<String, List<Tensor>> of(Map<String, Tensor> byParameter) {
        Map<String, List<Tensor>> groups = new LinkedHashMap<>();
        byParameter.forEach((name, gradient) -> groups.computeIfAbsent(group(name), g -> new ArrayList<>())
                .add(gradient));
        return groups;
    }

    /** {@code encoder/block_03}, {@code decoder/refinenet2}: of a parameter's name as the original spells it. */
    static String group(String parameter) {
        if (parameter.startsWith(DepthAnythingV2.ENCODER_PREFIX)) {
            String rest = parameter.substring(DepthAnythingV2.ENCODER_PREFIX.length());
            Matcher block = BLOCK.matcher(rest);
            return "encoder/" + (block.matches()
                    ? String.format(Locale.ROOT, "block_%02d", Integer.parseInt(block.group(1)))
                    : rest.startsWith("norm.") ? "norm" : "embedding");
        }
        String rest = parameter.startsWith(DECODER_PREFIX) ? parameter.substring(DECODER_PREFIX.length()) : parameter;
        rest = rest.startsWith(SCRATCH) ? rest.substring(SCRATCH.length()) : rest;
        String part = rest.contains(".") ? rest.substring(0, rest.indexOf('.')) : rest;
        return "decoder/" + (part.startsWith("output_conv") ? "output_conv" : part.replaceAll("layer\\d+_rn", "layers_rn"));
    }
}
