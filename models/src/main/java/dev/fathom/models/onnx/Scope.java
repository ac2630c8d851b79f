package dev.fathom.models.onnx;

import java.util.Arrays;
import java.util.List;

/**
 * A named part of the network from which a {@link Graph} is written, as {@code dev.fathom.nn.Names} is for modules:
 * {@code scope.child("attn").child("qkv").linear(x)} uses {@code attn.qkv.weight} and names its nodes after them.
 *
 * <p>First the layers that have weights, by PyTorch's names for them; then plain operators, by ONNX's.
 */
record Scope(Graph graph, String path) {
    private static final int FLOAT = 1;

    Scope child(Object name) {
        return new Scope(graph, path.isEmpty() ? name.toString() : path + "." + name);
    }

    /** The weight of this name in this part. */
    Value weight(String name) {
        return graph.weight(path + "." + name);
    }

    /**
     * x W^T + b over the last axis. The weight keeps PyTorch's layout [out, in]; runtimes fold the transposition when
     * they load the graph.
     */
    Value linear(Value x) {
        return add(matMul(x, transpose(weight("weight"), 1, 0)), weight("bias"));
    }

    /** LayerNorm over the last axis, with this part's weight and bias. */
    Value layerNorm(Value x, double eps) {
        return op("LayerNormalization", List.of(x, weight("weight"), weight("bias")), Attribute.of("axis", -1),
                Attribute.ofFloat("epsilon", eps));
    }

    /** A convolution of [N,C,H,W] with a square kernel. */
    Value conv(Value x, int kernel, int stride, int padding, boolean bias) {
        return op("Conv", bias ? List.of(x, weight("weight"), weight("bias")) : List.of(x, weight("weight")),
                Attribute.ofList("kernel_shape", kernel, kernel), Attribute.ofList("strides", stride, stride),
                Attribute.ofList("pads", padding, padding, padding, padding));
    }

    /** A transposed convolution whose stride is its kernel. */
    Value convTranspose(Value x, int kernel) {
        return op("ConvTranspose", List.of(x, weight("weight"), weight("bias")),
                Attribute.ofList("kernel_shape", kernel, kernel), Attribute.ofList("strides", kernel, kernel));
    }

    /** BatchNorm in eval mode: by the running statistics. */
    Value batchNorm(Value x, double eps) {
        return op("BatchNormalization", List.of(x, weight("weight"), weight("bias"), weight("running_mean"),
                weight("running_var")), Attribute.ofFloat("epsilon", eps));
    }

    /** Exact GELU, x (1 + erf(x / sqrt 2)) / 2, in the order of operators that runtimes know how to fuse. */
    Value gelu(Value x) {
        Value erf = op("Erf", List.of(div(x, graph.real(Math.sqrt(2)))));
        return mul(mul(x, add(erf, graph.real(1))), graph.real(0.5));
    }

    /** The bilinear resize that keeps corners on corners; {@code size} is the int64 vector [height, width]. */
    Value bilinear(Value x, Value size) {
        Value sizes = concat(0, slice(shape(x), 0, 2), size);
        Value leftOut = new Value("");
        return op("Resize", List.of(x, leftOut, leftOut, sizes), Attribute.of("mode", "linear"),
                Attribute.of("coordinate_transformation_mode", "align_corners"));
    }

    Value add(Value a, Value b) {
        return op("Add", List.of(a, b));
    }

    Value sub(Value a, Value b) {
        return op("Sub", List.of(a, b));
    }

    Value mul(Value a, Value b) {
        return op("Mul", List.of(a, b));
    }

    Value div(Value a, Value b) {
        return op("Div", List.of(a, b));
    }

    Value matMul(Value a, Value b) {
        return op("MatMul", List.of(a, b));
    }

    Value relu(Value x) {
        return op("Relu", List.of(x));
    }

    Value sigmoid(Value x) {
        return op("Sigmoid", List.of(x));
    }

    /** Over the last axis. */
    Value softmax(Value x) {
        return op("Softmax", List.of(x), Attribute.of("axis", -1));
    }

    Value transpose(Value x, long... permutation) {
        return op("Transpose", List.of(x), Attribute.ofList("perm", permutation));
    }

    /** 0 keeps the axis of that place, -1 takes what is left. */
    Value reshape(Value x, long... dims) {
        return op("Reshape", List.of(x, graph.vector(dims)));
    }

    /** The same with a shape that the graph computes. */
    Value reshape(Value x, Value dims) {
        return op("Reshape", List.of(x, dims));
    }

    Value concat(long axis, Value... parts) {
        return op("Concat", Arrays.asList(parts), Attribute.of("axis", axis));
    }

    Value expand(Value x, Value dims) {
        return op("Expand", List.of(x, dims));
    }

    /** The int64 vector of x's dimensions. */
    Value shape(Value x) {
        return op("Shape", List.of(x));
    }

    /** Elements from..to-1 of the first axis. */
    Value slice(Value x, long from, long to) {
        return slice(x, 0, from, to);
    }

    /** Elements from..to-1 of an axis; {@code Long.MAX_VALUE} is its end. */
    Value slice(Value x, long axis, long from, long to) {
        return op("Slice", List.of(x, graph.vector(from), graph.vector(to), graph.vector(axis)));
    }

    /** Parts of these sizes along the last axis. */
    List<Value> split(Value x, long... sizes) {
        return graph.add(path, "Split", sizes.length, List.of(x, graph.vector(sizes)), Attribute.of("axis", -1));
    }

    Value toFloat(Value x) {
        return op("Cast", List.of(x), Attribute.of("to", FLOAT));
    }

    /** Any operator with one result. */
    Value op(String type, List<Value> inputs, Attribute... attributes) {
        return graph.add(path, type, 1, inputs, attributes).getFirst();
    }
}
