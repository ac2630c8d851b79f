package dev.fathom.tests.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.AttentionBackward;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.Linear.Activation;
import dev.fathom.engine.ops.MatMul;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.OpCost;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.engine.ops.Unary;
import java.util.List;

/** The kernels that {@link KernelBench} times: each at a shape that ViT-S has at 518 x 518. */
public enum Kernel {
    /** A product whose operands stay in the first two caches: the register tile and little else. */
    TILE(new Linear(false, Activation.NONE, false), of(96, 384), of(64, 384)),
    QKV(new Linear(true, Activation.NONE, false), of(1370, 384), of(1152, 384), of(1152)),
    FC1(new Linear(true, Activation.NONE, false), of(1370, 384), of(1536, 384), of(1536)),
    /** The same with GELU on its results: what the difference to {@link #FC1} is, GELU costs. */
    FC1_GELU(new Linear(true, Activation.GELU, false), of(1370, 384), of(1536, 384), of(1536)),
    FC2(new Linear(true, Activation.NONE, false), of(1370, 1536), of(384, 1536), of(384)),
    /** The gradient of a weight: both operands have the long axis in front. */
    FC1_WEIGHT_GRADIENT(new MatMul(true, false), of(1370, 1536), of(1370, 384)),
    ATTENTION(new Attention(6), of(1, 1370, 1152)),
    ATTENTION_GRADIENT(new AttentionBackward(6), of(1, 1370, 1152), of(1, 1370, 384), of(1, 6, 1370), of(1, 1370, 384)),
    /** 3 x 3 with stride 1: Winograd's algorithm. */
    WINOGRAD(new Conv2d(ConvGeometry.square(1, 1), true, false, 0, false), of(1, 148, 148, 64), of(64, 3, 3, 64),
            of(64)),
    /** 3 x 3 with stride 2: patches gathered for the product. */
    CONV_STRIDE_2(new Conv2d(ConvGeometry.square(2, 1), true, false, 0, false), of(1, 37, 37, 384),
            of(384, 3, 3, 384), of(384)),
    WINOGRAD_INPUT_GRADIENT(new Conv2dBackwardInput(ConvGeometry.square(1, 1), 148, 148), of(1, 148, 148, 64),
            of(64, 3, 3, 64)),
    WINOGRAD_WEIGHT_GRADIENT(new Conv2dBackwardWeight(ConvGeometry.square(1, 1), 3, 3), of(1, 148, 148, 64),
            of(1, 148, 148, 64)),
    RESIZE(new ResizeBilinear(296, 296, true), of(1, 148, 148, 64)),
    GELU(new Unary(Unary.Kind.GELU), of(1370, 1536)),
    LAYER_NORM(new LayerNorm(1e-6), of(1370, 384), of(384), of(384));

    private final Op op;
    private final List<TensorSpec> in;

    Kernel(Op op, TensorSpec... in) {
        this.op = op;
        this.in = List.of(in);
    }

    private static TensorSpec of(int... dims) {
        return new TensorSpec(Shape.of(dims), DType.F32);
    }

    Op op() {
        return op;
    }

    List<TensorSpec> inputs() {
        return in;
    }

    OpCost cost() {
        return op.cost(in, op.infer(in));
    }
}
