package dev.fathom.engine.cuda.selftest;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.AdamWStep;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.AttentionBackward;
import dev.fathom.engine.ops.BatchNorm;
import dev.fathom.engine.ops.BatchNormBackward;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.BroadcastTo;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.CastWithSums;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.Conv2dPointwise;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.ConvTranspose2d;
import dev.fathom.engine.ops.FillInPlace;
import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.GradientMatchingBackward;
import dev.fathom.engine.ops.LargestError;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.LayerNormBackward;
import dev.fathom.engine.ops.LayerNormEach;
import dev.fathom.engine.ops.LayerNormEachBackward;
import dev.fathom.engine.ops.LayerScaleBackward;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.LinearResidual;
import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.MaskedLossBackward;
import dev.fathom.engine.ops.MatMul;
import dev.fathom.engine.ops.PadAxis;
import dev.fathom.engine.ops.Permute;
import dev.fathom.engine.ops.PixelError;
import dev.fathom.engine.ops.ResizeBicubic;
import dev.fathom.engine.ops.ResizeBicubicBackward;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.engine.ops.ResizeBilinearBackward;
import dev.fathom.engine.ops.ResizeNearest;
import dev.fathom.engine.ops.ResizeNearestBackward;
import dev.fathom.engine.ops.ScaleInPlace;
import dev.fathom.engine.ops.Slice;
import dev.fathom.engine.ops.Softmax;
import dev.fathom.engine.ops.SoftmaxBackward;
import dev.fathom.engine.ops.SumOfSquares;
import dev.fathom.engine.ops.SumTo;
import dev.fathom.engine.ops.SwiGlu;
import dev.fathom.engine.ops.SwiGluBackward;
import dev.fathom.engine.ops.TokenEmbedding;
import dev.fathom.engine.ops.Unary;
import dev.fathom.engine.ops.UnaryBackward;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What the self-test runs. A test finds every operation that has a kernel and no line here. */
final class SelfTestCases {
    /** Functions of positive numbers. */
    private static final Set<Unary.Kind> POSITIVE = Set.of(Unary.Kind.LOG, Unary.Kind.SQRT, Unary.Kind.RSQRT);

    private SelfTestCases() {
    }

    static List<SelfTestCase> all() {
        List<SelfTestCase> cases = new ArrayList<>();
        products(cases);
        convolutions(cases);
        norms(cases);
        pointwise(cases);
        movement(cases);
        resizes(cases);
        training(cases);
        return cases;
    }

    /** One of extents that the library takes, one that only Fathom's own kernels do. */
    private static void products(List<SelfTestCase> cases) {
        cases.add(SelfTestCase.of(new Linear(true, Linear.Activation.GELU, true)).in(64, 128).in(96, 128).wide(96)
            .quickly());
        cases.add(SelfTestCase.of(new Linear(false, Linear.Activation.NONE, false)).in(7, 17).in(5, 17));
        cases.add(SelfTestCase.of(new LinearResidual(true)).in(17, 32).in(24, 32).wide(24).in(17, 24).wide(24));
        cases.add(SelfTestCase.of(new LayerScaleBackward(true, true)).in(24, 40).wide(24).wide(24, 40).wide(24).wide(24));
        cases.add(SelfTestCase.of(new MatMul(false, true)).in(2, 16, 64).in(2, 24, 64));
        cases.add(SelfTestCase.of(new MatMul(true, false)).in(3, 9, 5).in(3, 9, 11));
    }

    private static void convolutions(List<SelfTestCase> cases) {
        ConvGeometry same = ConvGeometry.square(1, 1);
        ConvGeometry halving = ConvGeometry.square(2, 1);
        cases.add(SelfTestCase.of(new Conv2d(same, true, true, 1, false)).in(2, 9, 7, 16).in(8, 3, 3, 16).wide(8)
            .in(2, 9, 7, 8).quickly());
        cases.add(SelfTestCase.of(new Conv2d(halving, true, false, 0, true)).in(1, 9, 7, 5).in(3, 3, 3, 5).wide(3));
        cases.add(SelfTestCase.of(new Conv2dBackwardInput(same, 9, 7)).in(2, 9, 7, 8).in(8, 3, 3, 16));
        cases.add(SelfTestCase.of(new Conv2dBackwardWeight(same, 3, 3)).in(2, 9, 7, 16).in(2, 9, 7, 8));
        cases.add(SelfTestCase.of(new Conv2dPointwise(new Conv2d(same, true, false, 0, true), true,
            Conv2dPointwise.Activation.SIGMOID, 20, true, false)).in(1, 9, 7, 16).in(32, 3, 3, 16).wide(32)
            .in(1, 1, 1, 32).wide(1));
        cases.add(SelfTestCase.of(new ConvTranspose2d(2, true)).in(2, 5, 4, 8).in(8, 2, 2, 16).wide(16));
    }

    private static void norms(List<SelfTestCase> cases) {
        cases.add(SelfTestCase.of(new LayerNorm(1e-6)).in(9, 64).wideBetween(0.5, 1.5, 64).wide(64).quickly());
        cases.add(SelfTestCase.of(new LayerNormBackward()).in(9, 40).wideBetween(0.5, 1.5, 40).wide(9)
            .wideBetween(0.5, 1.5, 9).in(9, 40));
        cases.add(SelfTestCase.of(new LayerNormEach(2, 1e-6, 1, null)).wideBetween(0.5, 1.5, 24).wide(24).in(2, 5, 24)
            .in(2, 5, 24));
        cases.add(SelfTestCase.of(new LayerNormEachBackward(2, 1)).wideBetween(0.5, 1.5, 24).wide(2, 2, 4)
            .wideBetween(0.5, 1.5, 2, 2, 4).in(2, 5, 24).in(2, 5, 24).in(2, 4, 24).in(2, 4, 24));
        cases.add(SelfTestCase.of(new BatchNorm(true, 0.1, 1e-5)).in(2, 6, 12).wideBetween(0.5, 1.5, 12).wide(12)
            .wide(12).wideBetween(0.5, 1.5, 12));
        cases.add(SelfTestCase.of(new BatchNormBackward(true)).in(2, 6, 12).wideBetween(0.5, 1.5, 12).wide(12)
            .wideBetween(0.5, 1.5, 12).in(2, 6, 12));
        cases.add(SelfTestCase.of(new Softmax()).between(-4, 4, 6, 33));
        cases.add(SelfTestCase.of(new SoftmaxBackward()).between(0, 1, 6, 33).in(6, 33));
        cases.add(SelfTestCase.of(new Attention(2)).between(-2, 2, 2, 37, 96).quickly());
        cases.add(SelfTestCase.of(new Attention(1)).between(-2, 2, 1, 70, 192));
        // lse near the logarithm of the number of tokens: probabilities of the usual size.
        cases.add(SelfTestCase.of(new AttentionBackward(2)).in(2, 37, 96).in(2, 37, 32).wideBetween(3.5, 4, 2, 2, 37)
            .in(2, 37, 32));
    }

    private static void pointwise(List<SelfTestCase> cases) {
        for (Binary.Kind kind : Binary.Kind.values()) {
            cases.add(SelfTestCase.of(new Binary(kind)).in(3, 5, 16).between(0.5, 2, 16));
        }
        for (Unary.Kind kind : Unary.Kind.values()) {
            double low = POSITIVE.contains(kind) ? 0.05 : -3;
            cases.add(SelfTestCase.of(new Unary(kind)).between(low, 3, 37));
            cases.add(SelfTestCase.of(new UnaryBackward(kind)).between(0.05, 0.95, 37).in(37));
        }
        cases.add(SelfTestCase.of(new AddInPlace()).in(67).in(67));
        cases.add(SelfTestCase.of(new Affine(0.3, -0.7)).in(67));
        cases.add(SelfTestCase.of(new ScaleInPlace(-3)).in(67));
        cases.add(SelfTestCase.of(new FillInPlace(-0.5)).in(67));
        cases.add(SelfTestCase.of(new SwiGlu()).between(-3, 3, 5, 48));
        cases.add(SelfTestCase.of(new SwiGluBackward()).between(-3, 3, 5, 48).in(5, 24));
        cases.add(SelfTestCase.of(new TokenEmbedding()).in(2, 6, 16).wide(1, 1, 16).wide(1, 7, 16));
    }

    private static void movement(List<SelfTestCase> cases) {
        cases.add(SelfTestCase.of(new Concat(1)).in(3, 4, 5).in(3, 2, 5));
        cases.add(SelfTestCase.of(new Slice(1, 2, 3)).in(3, 7, 5));
        cases.add(SelfTestCase.of(new PadAxis(1, 1, 2)).in(3, 7, 5));
        cases.add(SelfTestCase.of(new Permute(List.of(0, 2, 1))).in(3, 17, 19));
        cases.add(SelfTestCase.of(new BroadcastTo(Shape.of(4, 3, 8))).in(3, 1));
        cases.add(SelfTestCase.of(new SumTo(Shape.of(8))).in(33, 8));
        cases.add(SelfTestCase.of(new SumTo(Shape.SCALAR)).in(33, 9));
        cases.add(SelfTestCase.of(new CastWithSums(DType.F16)).wide(33, 12));
        cases.add(SelfTestCase.of(new CastWithSums(DType.BF16)).wide(33, 9));
        for (DType to : new DType[] {DType.F32, DType.F16, DType.BF16}) {
            cases.add(SelfTestCase.of(new Cast(to)).in(67));
        }
    }

    private static void resizes(List<SelfTestCase> cases) {
        cases.add(SelfTestCase.of(new ResizeBilinear(9, 7, true)).in(2, 5, 4, 16));
        cases.add(SelfTestCase.of(new ResizeBilinear(3, 3, false)).in(1, 5, 4, 3));
        cases.add(SelfTestCase.of(new ResizeBicubic(9, 7, 0.55, 0.6, false)).in(2, 5, 4, 16));
        cases.add(SelfTestCase.of(new ResizeNearest(9, 7)).in(2, 5, 4, 16));
        cases.add(SelfTestCase.of(new ResizeBilinearBackward(5, 4, true)).in(2, 9, 7, 16));
        cases.add(SelfTestCase.of(new ResizeBicubicBackward(5, 4, 0.55, 0.6, false)).in(2, 9, 7, 16));
        cases.add(SelfTestCase.of(new ResizeNearestBackward(5, 4)).in(2, 9, 7, 16));
    }

    private static void training(List<SelfTestCase> cases) {
        losses(cases);
        cases.add(SelfTestCase.of(new AdamWStep(0.01, 0.9, 0.999, 1e-8, 0.01, 3, 1, 2)).in(33).in(33).in(33)
            .between(0.001, 4, 33).in(5, 7).in(5, 7).in(5, 7).between(0.001, 4, 5, 7));
        cases.add(SelfTestCase.of(new SumOfSquares()).in(33).in(5, 7));
    }

    private static void losses(List<SelfTestCase> cases) {
        for (LossForm form : LossForm.values()) {
            double parameter = form.error() == PixelError.DIFFERENCE ? 0 : 0.5;
            SelfTestCase loss = SelfTestCase.of(new MaskedLoss(form, parameter)).between(0.2, 1, 2, 5, 7)
                .between(1.5, 4, 2, 5, 7).mask(2, 5, 7);
            // The sums are values of this input: any positive ones will do.
            SelfTestCase gradient = SelfTestCase.of(new MaskedLossBackward(form, parameter)).between(0.2, 1, 2, 5, 7)
                .between(1.5, 4, 2, 5, 7).mask(2, 5, 7).doublesBetween(20, 40, 3).wide();
            cases.add(form.hasThreshold() ? loss.doublesBetween(5, 10) : loss);
            cases.add(form.hasThreshold() ? gradient.doublesBetween(5, 10) : gradient);
        }
        cases.add(SelfTestCase.of(new LargestError()).between(0.2, 4, 2, 5, 7).between(0.2, 4, 2, 5, 7).mask(2, 5, 7));
        cases.add(SelfTestCase.of(new GradientMatching(PixelError.LOG, 3)).between(0.2, 4, 2, 5, 7)
            .between(0.2, 4, 2, 5, 7).mask(2, 5, 7));
        cases.add(SelfTestCase.of(new GradientMatchingBackward(PixelError.LOG, 3)).between(0.2, 4, 2, 5, 7)
            .between(0.2, 4, 2, 5, 7).mask(2, 5, 7).doublesBetween(20, 40, 6).wide());
    }
}
