package dev.fathom.tests.golden;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.BatchNorm;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.BroadcastTo;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.ConvTranspose2d;
import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.MatMul;
import dev.fathom.engine.ops.Permute;
import dev.fathom.engine.ops.PixelError;
import dev.fathom.engine.ops.Reduce;
import dev.fathom.engine.ops.ResizeBicubic;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.engine.ops.ResizeNearest;
import dev.fathom.engine.ops.Slice;
import dev.fathom.engine.ops.Softmax;
import dev.fathom.engine.ops.SwiGlu;
import dev.fathom.engine.ops.Unary;
import dev.fathom.tests.golden.Recipe.Desk;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.StreamSupport;

/**
 * The recipes of the operator cases ({@code golden/a_ops}), by torch's name of the operation. To connect a case: add a
 * line here, and delete it from {@link NotOurs}.
 */
final class GoldenOps {
    private static final Map<String, Recipe> RECIPES = new HashMap<>();

    private GoldenOps() {
    }

    static {
        elementwise();
        products();
        unary();
        norms();
        reductions();
        movement();
        resizing();
        losses();
        GoldenModules.recipes().forEach(GoldenOps::add);
    }

    /** The recipe for an operation, or null. */
    static Recipe recipe(String op) {
        return RECIPES.get(op);
    }

    private static void add(String op, Recipe recipe) {
        if (RECIPES.put(op, recipe) != null) {
            throw new IllegalStateException("two recipes for " + op);
        }
    }

    private static void elementwise() {
        add("add", Recipe.of(d -> Binary.add(d.in("x"), d.in("z"))));
        add("sub", Recipe.of(d -> Binary.sub(d.in("x"), d.in("z"))));
        add("mul", Recipe.of(d -> Binary.mul(d.in("x"), d.in("z"))));
        add("div", Recipe.of(d -> Binary.div(d.in("x"), d.in("z"))));
    }

    private static void unary() {
        for (String op : List.of("relu", "sigmoid", "silu", "tanh", "exp", "log", "sqrt", "rsqrt", "abs", "erf")) {
            Unary.Kind kind = Unary.Kind.valueOf(op.toUpperCase(Locale.ROOT));
            add(op, Recipe.of(d -> Unary.of(kind, d.in("x"))));
        }
        add("gelu", Recipe.of(d -> Unary.gelu(d.in("x"))));
        add("pow", Recipe.of(d -> Unary.square(d.in("x"))));
        add("swiglu_gate", Recipe.of(d -> SwiGlu.of(d.in("x"))));
    }

    private static void norms() {
        add("layer_norm", Recipe.of(d -> LayerNorm.of(d.in("x"), d.in("w"), d.in("b"), d.arg("eps").asDouble())));
        add("softmax", Recipe.of(d -> {
            int axis = d.arg("dim").asInt();
            return Permute.transpose(Softmax.of(Permute.transpose(d.in("x"), axis, -1)), axis, -1);
        }));
        add("batch_norm2d", Recipe.ofMany(GoldenOps::batchNorm).channelsLast("x", "y"));
        add("attention", Recipe.of(d -> {
            Tensor q = d.in("q");
            int[] tokens = {q.dim(0), q.dim(1), -1};
            Tensor qkv = Concat.of(2, q.reshape(tokens), d.in("k").reshape(tokens), d.in("v").reshape(tokens));
            return Attention.of(qkv, q.dim(2)).reshape(q.shape());
        }).with(Layout.HEADS_INSIDE, "q", "k", "v", "y"));
    }

    private static void batchNorm(Desk d) {
        boolean training = d.arg("training").asBoolean();
        d.put("y", BatchNorm.of(d.in("x"), d.in("w"), d.in("b"), d.in("running_mean"), d.in("running_var"), training,
                d.arg("momentum").asDouble(), d.arg("eps").asDouble()));
        if (training) {
            d.put("running_mean_after", d.in("running_mean"));
            d.put("running_var_after", d.in("running_var"));
        }
    }

    private static void products() {
        add("matmul", Recipe.of(d -> MatMul.of(d.in("x"), d.in("w"))));
        add("linear", Recipe.of(d -> Linear.of(d.in("x"), d.in("w"), bias(d))));
        add("conv2d", Recipe.of(d -> Conv2d.of(d.in("x"), d.in("w"), bias(d), new ConvGeometry(
            onAxis(d, "stride", 0), onAxis(d, "stride", 1), onAxis(d, "padding", 0), onAxis(d, "padding", 1)), false))
            .channelsLast("x", "w", "y"));
        add("conv_transpose2d", Recipe.of(d ->
            ConvTranspose2d.of(d.in("x"), d.in("w"), bias(d), onAxis(d, "stride", 0)))
            .channelsLast("x", "y").with(Layout.TRANSPOSED_WEIGHT, "w"));
    }

    private static Tensor bias(Desk d) {
        return d.has("b") ? d.in("b") : null;
    }

    /** An argument that is one number for both axes or one for each. */
    private static int onAxis(Desk d, String name, int axis) {
        JsonNode value = d.arg(name);
        return value.isArray() ? value.get(axis).asInt() : value.asInt();
    }

    private static void reductions() {
        add("sum", Recipe.of(d -> d.arg("dim").isMissingNode() ? Reduce.sum(d.in("x"))
                : Reduce.sum(d.in("x"), d.arg("keepdim").asBoolean(), ints(d.arg("dim")))));
        add("mean", Recipe.of(d -> d.arg("dim").isMissingNode() ? Reduce.mean(d.in("x"))
                : Reduce.mean(d.in("x"), d.arg("keepdim").asBoolean(), ints(d.arg("dim")))));
    }

    /** A list of numbers, or one number. */
    private static int[] ints(JsonNode node) {
        return node.isArray() ? StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::asInt).toArray()
                : new int[] {node.asInt()};
    }

    private static void movement() {
        add("concat", Recipe.of(d -> {
            List<Tensor> parts = new ArrayList<>();
            d.arg("order").forEach(name -> parts.add(d.in(name.asText())));
            return Concat.of(parts.get(0).shape().axis(d.arg("dim").asInt()), parts.toArray(Tensor[]::new));
        }));
        add("expand", Recipe.of(d -> Dispatcher.run1(new BroadcastTo(Shape.of(d.shapeOf("y"))), d.in("x"))));
        add("slice", Recipe.of(GoldenOps::slice));
        add("permute", Recipe.of(d -> Permute.of(d.in("x"), ints(d.arg("dims")))));
        add("transpose", Recipe.of(d -> Permute.transpose(d.in("x"), ints(d.arg("dims"))[0], ints(d.arg("dims"))[1])));
        add("permute_then_linear", Recipe.of(d -> Linear.of(Permute.of(d.in("x"), ints(d.arg("dims"))), d.in("w"),
                null)));
        add("reshape_heads", Recipe.ofMany(GoldenOps::heads));
    }

    /** [N,T,3D] to q, k and v of [N,heads,T,D/heads]. */
    private static void heads(Desk d) {
        Tensor x = d.in("x");
        Tensor qkv = Permute.of(x.reshape(x.dim(0), x.dim(1), 3, d.arg("heads").asInt(), -1), 2, 0, 3, 1, 4);
        String[] names = {"q", "k", "v"};
        for (int i = 0; i < 3; i++) {
            d.put(names[i], qkv.narrow(i, 1).reshape(d.shapeOf(names[i])));
        }
    }

    /** Ranges with step 1, axis by axis. */
    private static Tensor slice(Desk d) {
        Tensor x = d.in("x");
        for (int axis = 0; axis < d.arg("slices").size(); axis++) {
            JsonNode range = d.arg("slices").get(axis);
            int start = range.get(0).isNull() ? 0 : range.get(0).asInt();
            int end = range.get(1).isNull() ? x.dim(axis) : range.get(1).asInt();
            if (start > 0 || end < x.dim(axis)) {
                x = Slice.of(x, axis, start, end - start);
            }
        }
        return x;
    }

    private static void resizing() {
        add("interpolate", Recipe.of(GoldenOps::interpolate).channelsLast("x", "y"));
    }

    private static Tensor interpolate(Desk d) {
        Tensor x = d.in("x");
        JsonNode scale = d.arg("scale_factor");
        boolean alignCorners = d.arg("align_corners").asBoolean();
        int outH = d.shapeOf("y")[2];
        int outW = d.shapeOf("y")[3];
        return switch (d.arg("mode").asText()) {
            case "nearest" -> ResizeNearest.of(x, outH, outW);
            case "bilinear" -> ResizeBilinear.of(x, outH, outW, alignCorners);
            case "bicubic" -> scale.isMissingNode() ? ResizeBicubic.toSize(x, outH, outW, alignCorners)
                    : ResizeBicubic.byScale(x, scale.get(0).asDouble(), scale.get(1).asDouble());
            default -> throw new IllegalArgumentException("no mode " + d.arg("mode"));
        };
    }

    private static void losses() {
        add("loss_silog", Recipe.of(d -> MaskedLoss.siLog(d.arg("lambd").asDouble(0.5)).of(d.in("pred"), d.in("target"),
                d.in("mask"))));
        add("loss_zoe_silog", Recipe.of(d -> MaskedLoss.siLogZoe(0.15).of(d.in("pred"), d.in("target"),
                d.in("mask"))));
        add("loss_gradient_matching", Recipe.of(GoldenOps::gradientMatching));
    }

    /** Image-based is the mean over pictures of the term of each alone. */
    private static Tensor gradientMatching(Recipe.Desk d) {
        GradientMatching term = new GradientMatching(PixelError.DIFFERENCE, d.arg("scales").asInt());
        Tensor pred = d.in("pred");
        if (d.arg("reduction").asText().equals("batch-based")) {
            return term.of(pred, d.in("target"), d.in("mask"));
        }
        Tensor sum = null;
        for (int n = 0; n < pred.dim(0); n++) {
            Tensor one = term.of(Slice.of(pred, 0, n, 1), d.in("target").narrow(n, 1), d.in("mask").narrow(n, 1));
            sum = sum == null ? one : Binary.add(sum, one);
        }
        return Affine.of(sum, 1.0 / pred.dim(0), 0);
    }
}
