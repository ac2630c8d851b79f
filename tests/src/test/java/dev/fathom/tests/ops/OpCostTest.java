package dev.fathom.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.AttentionBackward;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.Conv2dPointwise;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.ConvTranspose2d;
import dev.fathom.engine.ops.FillInPlace;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.LinearResidual;
import dev.fathom.engine.ops.MatMul;
import dev.fathom.engine.ops.Narrow;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.OpCost;
import dev.fathom.engine.ops.Slice;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Costs that were worked out by hand. (That every operation has one, the compiler sees to.) */
class OpCostTest {
    private static TensorSpec f32(int... dims) {
        return new TensorSpec(Shape.of(dims), DType.F32);
    }

    private static TensorSpec f16(int... dims) {
        return new TensorSpec(Shape.of(dims), DType.F16);
    }

    private static OpCost cost(Op op, TensorSpec... in) {
        return op.cost(List.of(in), op.infer(List.of(in)));
    }

    private static void check(long multiplyAdds, long elements, Op op, TensorSpec... in) {
        int bytes = in[0].dtype() == DType.F16 ? 2 : 4;
        assertEquals(new OpCost(2 * multiplyAdds, bytes * elements), cost(op, in), op + " on " + Arrays.toString(in));
    }

    @Test
    void products() {
        check(2 * 3 * 5 * 7, 2 * 3 * 5 + 7 * 5 + 7 + 2 * 3 * 7, new Linear(true, Linear.Activation.NONE, false),
                f32(2, 3, 5), f32(7, 5), f32(7));
        // With the preactivation for the gradient one more result is written.
        check(6 * 5 * 7, 30 + 35 + 2 * 42, new Linear(false, Linear.Activation.GELU, true), f16(2, 3, 5), f16(7, 5));
        check(6 * 5 * 7, 30 + 35 + 7 + 42 + 7 + 42, new LinearResidual(true), f32(2, 3, 5), f32(7, 5), f32(7),
                f32(2, 3, 7), f32(7));
        check(4 * 3 * 7 * 5, 5 * 3 * 4 + 5 * 7 + 4 * 3 * 7, new MatMul(true, false), f32(4, 5, 3), f32(5, 7));
        check(4 * 3 * 7 * 5, 5 * 3 * 4 + 5 * 7 + 4 * 3 * 7, new MatMul(false, true), f32(4, 3, 5), f32(7, 5));
    }

    @Test
    void convolutions() {
        ConvGeometry half = ConvGeometry.square(2, 1);
        // 9 x 8 pixels become 5 x 4.
        check(2 * 5 * 4 * 6 * 27, 2 * 72 * 3 + 6 * 27 + 6 + 2 * 20 * 6, new Conv2d(half, true, false), f32(2, 9, 8, 3),
                f32(6, 3, 3, 3), f32(6));
        check(2 * 5 * 4 * 6 * 27, 2 * 72 * 3 + 6 * 27 + 3 * 2 * 20 * 6, new Conv2d(half, false, true, 2, false),
                f32(2, 9, 8, 3), f32(6, 3, 3, 3), f32(2, 5, 4, 6), f32(2, 5, 4, 6));
        check(2 * 5 * 4 * 6 * 27, 2 * 72 * 3 + 6 * 27 + 2 * 20 * 6, new Conv2dBackwardInput(half, 9, 8),
                f32(2, 5, 4, 6), f32(6, 3, 3, 3));
        check(2 * 5 * 4 * 6 * 27, 2 * 72 * 3 + 6 * 27 + 2 * 20 * 6, new Conv2dBackwardWeight(half, 3, 3),
                f32(2, 9, 8, 3), f32(2, 5, 4, 6));
        Conv2d conv = new Conv2d(half, false, true);
        check(2 * 20 * 6 * 27 + 2 * 20 * 6 * 5, 2 * 72 * 3 + 6 * 27 + 5 * 6 + 2 * 20 * 5,
                new Conv2dPointwise(conv, false, Conv2dPointwise.Activation.NONE, 1, false, false), f32(2, 9, 8, 3),
                f32(6, 3, 3, 3), f32(5, 1, 1, 6));
        check(2 * 12 * 16 * 3 * 5, 2 * 12 * 3 + 3 * 16 * 5 + 2 * 12 * 16 * 5, new ConvTranspose2d(4, false),
                f32(2, 3, 4, 3), f32(3, 4, 4, 5));
    }

    @Test
    void attention() {
        // Two products of T x d by d x T for each of two heads; d = 4. The sums of its softmax are a result too.
        check(2 * 3 * 2 * 9 * 9 * 4, 3 * 9 * 24 + 3 * 9 * 8 + 3 * 2 * 9, new Attention(2), f32(3, 9, 24));
        check(5 * 3 * 2 * 9 * 9 * 4, 2 * (3 * 9 * 24) + 2 * (3 * 9 * 8) + 3 * 2 * 9, new AttentionBackward(2),
                f32(3, 9, 24), f32(3, 9, 8), f32(3, 2, 9), f32(3, 9, 8));
    }

    @Test
    void whatOnlyMovesOrChangesInPlace() {
        check(0, 6 + 3 + 6, new Binary(Binary.Kind.ADD), f16(2, 3), f16(3));
        check(0, 2 * 6 + 6, new AddInPlace(), f32(2, 3), f32(2, 3));
        check(0, 6, new FillInPlace(1), f32(2, 3));
        check(0, 0, new Narrow(1, 2), f32(5, 3));
        check(0, 2 * 2 * 3, new Slice(0, 1, 2), f32(5, 3));
    }

    @Test
    void whicheverOfTheTwoIsSlower() {
        OpCost cost = new OpCost(1_000, 10).plus(new OpCost(1_000, 30));
        assertEquals(20, cost.seconds(100, 10));
        assertEquals(40, cost.seconds(100, 1));
        assertTrue(OpCost.NOTHING.seconds(1, 1) == 0);
    }
}
