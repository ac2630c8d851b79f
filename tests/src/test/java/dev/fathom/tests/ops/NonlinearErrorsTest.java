package dev.fathom.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.AttentionBackward;
import dev.fathom.engine.ops.BatchNorm;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.LayerNormBackward;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.Softmax;
import dev.fathom.engine.ops.SoftmaxBackward;
import dev.fathom.engine.ops.SwiGlu;
import dev.fathom.engine.ops.Unary;
import dev.fathom.engine.ops.UnaryBackward;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What norms, activations and attention say about wrong arguments: which one, its shape, and what was expected. */
class NonlinearErrorsTest {
    private static TensorSpec f(int... dims) {
        return new TensorSpec(Shape.of(dims), DType.F32);
    }

    private static void refuses(String sentence, Op op, TensorSpec... in) {
        FathomException e = assertThrows(FathomException.class, () -> op.infer(List.of(in)));
        assertTrue(e.getMessage().contains(sentence), () -> "expected: " + sentence + "\n but was: " + e.getMessage());
    }

    @Test
    void layerNorm() {
        refuses("layer_norm: takes 3 tensors, got 1", new LayerNorm(1e-6), f(2, 4));
        refuses("layer_norm: x must be [..., C], got []", new LayerNorm(1e-6), f(), f(1), f(1));
        refuses("layer_norm: weight[3] must be [4] (the last axis of x)", new LayerNorm(1e-6), f(2, 4), f(3), f(4));
        refuses("layer_norm: bias[1, 4] must be [4]", new LayerNorm(1e-6), f(2, 4), f(4), f(1, 4));
        refuses("layer_norm: weight must be float32 beside x float32[2, 4], got float64[4]", new LayerNorm(1e-6), f(2, 4),
                new TensorSpec(Shape.of(4), DType.F64), f(4));
        refuses("layer_norm_backward: x [2, 4] and dy [2, 3] must have the same shape", new LayerNormBackward(), f(2, 4),
                f(4), f(2), f(2), f(2, 3));
    }

    @Test
    void batchNorm() {
        refuses("batch_norm: running_var[5] must be [4]", new BatchNorm(false, 0.1, 1e-5), f(2, 4), f(4), f(4), f(4),
                f(5));
        refuses("batch_norm: x[1, 4] has fewer than 2 values a channel", new BatchNorm(true, 0.1, 1e-5), f(1, 4), f(4),
                f(4), f(4), f(4));
    }

    @Test
    void activations() {
        refuses("gelu: x must be floating-point, got uint8[3]", new Unary(Unary.Kind.GELU),
                new TensorSpec(Shape.of(3), DType.U8));
        refuses("relu_backward: y [3] and dy [4] must have the same shape", new UnaryBackward(Unary.Kind.RELU), f(3),
                f(4));
        refuses("swiglu: x[2, 5] must have an even last extent, two halves", new SwiGlu(), f(2, 5));
        refuses("softmax: x must be [..., C], got []", new Softmax(), f());
        refuses("softmax_backward: dy must be float32[2, 3], got float32[3, 2]", new SoftmaxBackward(), f(2, 3),
                f(3, 2));
    }

    @Test
    void attention() {
        refuses("attention: qkv must be [N, T, 3C], got [5, 12]", new Attention(2), f(5, 12));
        refuses("attention: qkv[1, 5, 16] must be [N, T, 3C] with C a multiple of 2 heads", new Attention(2),
                f(1, 5, 16));
        refuses("with C a multiple of 0 heads", new Attention(0), f(1, 5, 12));
        refuses("attention_backward: lse must be float32[1, 2, 5], got float32[1, 5, 2]", new AttentionBackward(2),
                f(1, 5, 12), f(1, 5, 4), f(1, 5, 2), f(1, 5, 4));
    }

    @Test
    void shapesOfResults() {
        assertEquals(List.of(f(2, 7, 8), f(2, 7), f(2, 7)), new LayerNorm(1e-6).infer(List.of(f(2, 7, 8), f(8), f(8))));
        assertEquals(List.of(f(2, 7, 8), f(2, 4, 7)), new Attention(4).infer(List.of(f(2, 7, 24))));
        assertEquals(List.of(f(2, 3)), new SwiGlu().infer(List.of(f(2, 6))));
        assertEquals(List.of(f(2, 5, 3), f(3), f(3)),
                new BatchNorm(true, 0.1, 1e-5).infer(List.of(f(2, 5, 3), f(3), f(3), f(3), f(3))));
    }
}
