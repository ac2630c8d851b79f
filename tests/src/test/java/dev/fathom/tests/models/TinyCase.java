package dev.fathom.tests.models;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dinov2.VitConfig.Ffn;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * One whole tiny network of {@code golden/b_tiny}, with its inputs rebuilt.
 *
 * @param folder where its arrays are
 * @param json   its {@code case.json}
 * @param config the network
 * @param head   its head
 * @param batch  N
 * @param height H in pixels
 * @param width  W in pixels
 */
record TinyCase(Golden folder, JsonNode json, ModelConfig config, DepthHead head, int batch, int height, int width) {
    static final double MAX_DEPTH = 10;
    static final double MIN_DEPTH = 0.001;

    static TinyCase read(String name) {
        Golden folder = new Golden("b_tiny/" + name);
        JsonNode json = folder.json();
        return new TinyCase(folder, json, config(json.get("model")), head(json), json.get("batch").asInt(),
                json.get("image_hw").get(0).asInt(), json.get("image_hw").get(1).asInt());
    }

    /** The names of all cases. */
    static List<String> names() {
        return strings(new Golden("b_tiny").json("index.json"));
    }

    /** A network from the {@code model} entry of a case. */
    static ModelConfig config(JsonNode model) {
        Ffn ffn = model.get("ffn_layer").asText().equals("mlp") ? Ffn.MLP : Ffn.SWIGLU;
        VitConfig vit = new VitConfig(model.get("img_size").asInt(), 14, model.get("embed_dim").asInt(),
                model.get("depth").asInt(),
                model.get("num_heads").asInt(), ffn);
        DptConfig dpt = new DptConfig(model.get("features").asInt(), ints(model.get("out_channels")),
                model.path("use_bn").asBoolean(), model.path("use_clstoken").asBoolean());
        return new ModelConfig(vit, ints(model.get("idx")), dpt);
    }

    /** The head from the {@code head} and {@code max_depth} entries of a case. */
    static DepthHead head(JsonNode json) {
        return json.get("head").asText().equals("metric") ? new DepthHead.Metric(json.get("max_depth").asDouble())
                : new DepthHead.Relative();
    }

    static List<Integer> ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asInt).toList();
    }

    static List<String> strings(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
    }

    int pixels() {
        return batch * height * width;
    }

    /** The picture, [N,H,W,3]. */
    float[] x() {
        JsonNode x = json.get("inputs").get("x");
        return channelsLast(Formula.floats(x.get("formula").asText(), 3 * pixels(), x.get("scale").asDouble(),
                x.get("offset").asDouble()), batch, 3, height, width);
    }

    /** The depth to be predicted, [N,H,W]. */
    float[] target() {
        JsonNode t = json.get("inputs").get("target");
        return Formula.floats(t.get("formula").asText(), pixels(), t.get("scale").asDouble(),
                t.get("offset").asDouble());
    }

    /** Which pixels count: valid ones with a depth in range, [N,H,W]. */
    boolean[] mask() {
        JsonNode v = json.get("inputs").get("valid");
        return inRange(Formula.mask(v.get("formula").asText(), pixels(), v.get("p").asDouble()), target());
    }

    /** Valid and between 0.001 and 10 m, compared in float32 as the original does. */
    static boolean[] inRange(boolean[] valid, float[] target) {
        boolean[] mask = valid.clone();
        for (int i = 0; i < mask.length; i++) {
            mask[i] &= target[i] >= (float) MIN_DEPTH && target[i] <= (float) MAX_DEPTH;
        }
        return mask;
    }

    /** [N,C,H,W] as [N,H,W,C]. */
    static float[] channelsLast(float[] nchw, int n, int c, int h, int w) {
        float[] out = new float[nchw.length];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < c; k++) {
                for (int p = 0; p < h * w; p++) {
                    out[(i * h * w + p) * c + k] = nchw[(i * c + k) * h * w + p];
                }
            }
        }
        return out;
    }

    /** [N,H,W,C] as [N,C,H,W]. */
    static double[] channelsFirst(double[] nhwc, int n, int c, int h, int w) {
        double[] out = new double[nhwc.length];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < c; k++) {
                for (int p = 0; p < h * w; p++) {
                    out[(i * c + k) * h * w + p] = nhwc[(i * h * w + p) * c + k];
                }
            }
        }
        return out;
    }
}
