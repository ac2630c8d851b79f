package dev.fathom.tests.golden;

import dev.fathom.engine.Tensor;
import dev.fathom.models.dinov2.Dinov2Modules;
import dev.fathom.models.dpt.DptModules;
import dev.fathom.nn.Names;
import dev.fathom.nn.ParameterValues;
import dev.fathom.tests.golden.Recipe.Desk;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The recipes of the original's modules ({@code mod_*}): ours with the same name for every parameter, filled with the
 * case's values.
 */
final class GoldenModules {
    private GoldenModules() {
    }

    static Map<String, Recipe> recipes() {
        Map<String, Recipe> all = new LinkedHashMap<>();
        all.put("mod_attention", module((names, d) -> Dinov2Modules.attention(names, integer(d, "dim"),
                integer(d, "heads"))));
        all.put("mod_mlp", module((names, d) -> Dinov2Modules.feedForward(names, integer(d, "dim"), false)));
        all.put("mod_swiglu", module((names, d) -> Dinov2Modules.feedForward(names, integer(d, "dim"), true)));
        all.put("mod_block", module((names, d) -> Dinov2Modules.block(names, integer(d, "dim"), integer(d, "heads"),
                d.arg("swiglu").asBoolean())));
        all.put("mod_patch_embed", module((names, d) -> Dinov2Modules.patchEmbed(names, integer(d, "dim"),
                integer(d, "img")))
                .channelsLast("x"));
        all.put("mod_rcu", module((names, d) -> DptModules.residualConvUnit(names, integer(d, "features"),
                d.arg("bn").asBoolean()))
                .channelsLast("x", "y"));
        all.put("mod_fusion", module(GoldenModules::fusion).channelsLast("x", "x2", "y"));
        all.put("dinov2_pos_embed", Recipe.of(d -> Dinov2Modules.positionEmbedding(d.in("pos_embed"),
                d.arg("image_hw").get(0).asInt() / 14, d.arg("image_hw").get(1).asInt() / 14)));
        return all;
    }

    /** Builds a module under a root of names. */
    @FunctionalInterface
    private interface Builder {
        UnaryOperator<Tensor> build(Names names, Desk desk);
    }

    private static Recipe module(Builder builder) {
        return Recipe.of(d -> {
            Names names = Names.root();
            UnaryOperator<Tensor> module = builder.build(names, d);
            names.set().all().forEach(p ->
                    d.replace("p:" + p.name(), ParameterValues.set(p, d.in("p:" + p.name()).detach())));
            return module.apply(d.in("x"));
        }).withConvolutionParameters();
    }

    private static UnaryOperator<Tensor> fusion(Names names, Desk d) {
        DptModules.Fusion fusion = DptModules.fusion(names, integer(d, "features"));
        return x -> fusion.of(x, d.has("x2") ? d.in("x2") : null, d.shapeOf("y")[2], d.shapeOf("y")[3]);
    }

    private static int integer(Desk d, String name) {
        return d.arg(name).asInt();
    }
}
