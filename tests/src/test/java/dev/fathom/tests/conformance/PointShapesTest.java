package dev.fathom.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.AdamWStep;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.BroadcastTo;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.GradientMatchingBackward;
import dev.fathom.engine.ops.LargestError;
import dev.fathom.engine.ops.LayerScaleBackward;
import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.MaskedLossBackward;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.PadAxis;
import dev.fathom.engine.ops.Permute;
import dev.fathom.engine.ops.PixelError;
import dev.fathom.engine.ops.Slice;
import dev.fathom.engine.ops.SumOfSquares;
import dev.fathom.engine.ops.SumTo;
import dev.fathom.engine.ops.TokenEmbedding;
import dev.fathom.engine.ops.Unary;
import dev.fathom.engine.ops.UnaryBackward;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The GPU's pointwise, movement, reduction, loss and optimiser kernels at the sizes where they change their plan, which
 * the conformance rows meet rarely or never: around a block, more axes than a kernel counts, units of 16 bytes, sums in
 * several pieces, more tensors than one launch takes.
 */
class PointShapesTest {
    private static final Device DEVICE = Device.emulated(0);
    /** Around half a block, a block, and the elements of a block in 16-byte groups of float32 and of 16-bit numbers. */
    private static final int[] SIZES = {1, 127, 255, 256, 257, 1023, 1024, 1025, 2047, 2048, 2049};

    /** All trials in float32, by a name that says what is special. */
    private static Map<String, Trial> trials() {
        Map<String, Trial> all = new TreeMap<>();
        for (int n : SIZES) {
            Shape s = Shape.of(n);
            all.put("add " + n, of(new Binary(Binary.Kind.ADD)).in(s).in(s).rounded(1));
            all.put("cast " + n, of(new Cast(n % 2 == 0 ? DType.F16 : DType.BF16)).in(s).exact());
        }
        for (int n : new int[] {255, 2_049}) {
            Shape s = Shape.of(n);
            all.put("add_ " + n, of(new AddInPlace()).in(s).in(s).rounded(1));
            all.put("affine " + n, of(new Affine(0.3, -0.7)).in(s));
            all.put("silu " + n, of(new Unary(Unary.Kind.SILU)).in(s).rounded(8));
            all.put("silu_backward " + n, of(new UnaryBackward(Unary.Kind.SILU)).in(s).in(s).sums(2));
        }
        broadcasts(all);
        moves(all);
        sums(all);
        for (int c : new int[] {13, 64}) {
            all.put("token_embedding " + c, of(new TokenEmbedding()).in(2, 9, c).in(1, 1, c).wide().in(1, 10, c).wide()
                    .rounded(1));
        }
        for (int i : new int[] {1030, 2064}) {
            Shape o = Shape.of(3);
            all.put("layer_scale_backward " + i, of(new LayerScaleBackward(true, true)).in(3, i).in(o).wide().in(3, i).wide()
                    .in(o).wide().in(o).wide().sums(i));
        }
        return all;
    }

    private static Trial of(Op op) {
        return Trial.of(op, new Draw());
    }

    private static void broadcasts(Map<String, Trial> all) {
        Shape y = Shape.of(2, 3, 2, 3, 2, 8);
        Shape alternating = Shape.of(2, 1, 2, 1, 2, 1);
        all.put("mul of six axes", of(new Binary(Binary.Kind.MUL)).in(y).in(alternating).rounded(1));
        all.put("div by a column", of(new Binary(Binary.Kind.DIV)).in(5, 1, 48).in(0.5, 3, Shape.of(7, 1)).rounded(1));
        all.put("sub of rows", of(new Binary(Binary.Kind.SUB)).in(3, 129, 24).in(129, 24).rounded(1));
        all.put("sub of odd rows", of(new Binary(Binary.Kind.SUB)).in(23).in(50, 23).rounded(1));
        all.put("broadcast_to six axes", of(new BroadcastTo(y)).in(alternating).exact());
        all.put("broadcast_to rows", of(new BroadcastTo(Shape.of(9, 5, 48))).in(5, 48).exact());
    }

    private static void moves(Map<String, Trial> all) {
        all.put("slice", of(new Slice(1, 2, 4)).in(3, 7, 64).exact());
        all.put("pad", of(new PadAxis(1, 2, 1)).in(3, 7, 64).exact());
        all.put("concat of two", of(new Concat(1)).in(3, 7, 64).in(3, 2, 64).exact());
        all.put("concat of six", of(new Concat(1)).in(3, 1, 5).in(3, 0, 5).in(3, 2, 5).in(3, 4, 5).in(3, 1, 5)
                .in(3, 3, 5).in(3, 2, 5).exact());
        all.put("permute of rows", of(new Permute(List.of(1, 0, 2))).in(5, 9, 64).exact());
        all.put("permute of tiles", of(new Permute(List.of(0, 2, 1))).in(3, 65, 33).exact());
        all.put("permute of tiles in two batches", of(new Permute(List.of(2, 3, 1, 0))).in(33, 3, 2, 40).exact());
        all.put("permute of tiles in a middle", of(new Permute(List.of(2, 1, 0))).in(40, 3, 35).exact());
        all.put("permute of six axes", of(new Permute(List.of(5, 3, 1, 4, 2, 0))).in(2, 3, 2, 4, 3, 9).exact());
    }

    private static void sums(Map<String, Trial> all) {
        for (Shape[] s : new Shape[][] {{Shape.of(20_000), Shape.SCALAR}, {Shape.of(3, 9_001), Shape.of(3, 1)},
                {Shape.of(2, 9_000), Shape.of(2, 1)}, {Shape.of(5, 1_024), Shape.of(5, 1)},
                {Shape.of(700, 384), Shape.of(384)}, {Shape.of(1_700, 5), Shape.of(5)},
                {Shape.of(30_000, 3), Shape.of(3)}, {Shape.of(2, 600, 64), Shape.of(2, 1, 64)},
                {Shape.of(3, 40, 5, 30, 7), Shape.of(3, 1, 5, 1, 7)}, {Shape.of(4, 30, 6, 20), Shape.of(1, 30, 1, 20)},
                {Shape.of(4, 30, 6, 21), Shape.of(4, 1, 6, 1)}}) {
            double terms = s[0].numel() / (double) s[1].numel();
            all.put("sum_to " + s[0] + s[1], of(new SumTo(s[1], s[0].rank() == 2)).in(s[0]).sums(terms));
        }
    }

    /** Each trial in one of the three dtypes, in turn. */
    @TestFactory
    Stream<DynamicTest> kernelsConform() {
        List<DType> dtypes = List.of(DType.F32, DType.F16, DType.BF16);
        List<DynamicTest> tests = new ArrayList<>();
        trials().forEach((name, trial) -> {
            DType dtype = dtypes.get(tests.size() % 3);
            Trial typed = dtype == DType.F32 ? trial : trial.inHalf(dtype);
            tests.add(DynamicTest.dynamicTest(name + " " + dtype, () -> DeviceConformance.check(typed, DEVICE)));
        });
        special().forEach((name, trial) -> tests.add(
                DynamicTest.dynamicTest(name, () -> DeviceConformance.check(trial, DEVICE))));
        return tests.stream();
    }

    /** Trials whose dtypes are their own. */
    private static Map<String, Trial> special() {
        Map<String, Trial> all = new TreeMap<>();
        Trial steps = of(new AdamWStep(0.01, 0.9, 0.999, 1e-8, 0.3, 7, 0.37, 110));
        for (int i = 0; i < 110; i++) {
            Shape s = Shape.of(i == 100 ? 9_000 : i % 7 * 5);
            steps.in(s).in(s).in(s).in(0.001, 4, s);
        }
        all.put("adamw_ of 110 parameters", steps.sums(4));
        Trial squares = of(new SumOfSquares());
        for (int i = 0; i < 170; i++) {
            DType dtype = List.of(DType.F32, DType.F16, DType.BF16).get(i % 3);
            double[] values = new double[i == 160 ? 9_001 : i % 5 * 4];
            for (int k = 0; k < values.length; k++) {
                values[k] = (k * 37 + i) % 65 / 16.0 - 2;
            }
            if (i % 50 == 49) {
                values[3] = i == 49 ? Double.NaN : Double.NEGATIVE_INFINITY;
            }
            squares.add(dtype, Shape.of(values.length), values);
        }
        all.put("sum_of_squares of 170 tensors of three dtypes", squares);
        all.put("sum_of_squares of nothing", of(new SumOfSquares()).in(0).in(3, 0));
        Shape pixels = Shape.of(2, 53, 61);
        losses(all);
        return all;
    }

    /** Several pieces of each loss, with a tail; depths below the logarithm's least. */
    private static void losses(Map<String, Trial> all) {
        Shape pixels = Shape.of(2, 53, 61);
        for (LossForm form : LossForm.values()) {
            double parameter = form.error() == PixelError.DIFFERENCE ? 0 : 0.5;
            Trial loss = of(new MaskedLoss(form, parameter)).in(0.2, 1, pixels).in(1.5, 4, pixels).mask(0.7, pixels);
            Trial gradient = of(new MaskedLossBackward(form, parameter)).inputOf(loss, 0).inputOf(loss, 1)
                    .inputOf(loss, 2).add(DType.F64, Shape.of(3), 5_000, 7_000, 4_500).in(Shape.SCALAR);
            if (form.hasThreshold()) {
                loss.add(DType.F64, Shape.SCALAR, 5);
                gradient.add(DType.F64, Shape.SCALAR, 5);
            }
            all.put(loss.op().name(), loss);
            all.put(gradient.op().name(), gradient);
            if (form.error() != PixelError.DIFFERENCE) {
                all.put(loss.op().name() + " of depths below epsilon", of(loss.op()).add(DType.F32, Shape.of(3), 0, -1, 2)
                        .add(DType.F32, Shape.of(3), 1, 2, 0).add(DType.BOOL, Shape.of(3), 1, 1, 1));
            }
        }
        all.put("largest_error_loss", of(new LargestError()).in(0.2, 4, pixels).in(0.2, 4, pixels).mask(0.7, pixels));
        Trial matching = of(new GradientMatching(PixelError.LOG, 5)).in(0.2, 4, pixels).in(0.2, 4, pixels)
                .mask(0.7, pixels).noHalf("losses are refused 16-bit predictions");
        all.put("gradient_matching_loss", matching);
        all.put("gradient_matching_loss_backward", of(new GradientMatchingBackward(PixelError.LOG, 5)).inputOf(matching, 0)
                .inputOf(matching, 1).inputOf(matching, 2).outputOf(matching, 1).in(Shape.SCALAR));
    }

    /** How an element is loaded decides its speed, never the order of a sum. */
    @TestFactory
    Stream<DynamicTest> bitsDoNotDependOnAddresses() {
        Map<String, Trial> all = trials();
        all.putAll(special());
        return all.entrySet().stream().filter(e -> e.getKey().matches("(sum_|layer_scale|.*_loss|adamw).*"))
                .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> {
                    List<double[]> aligned = run(e.getValue(), 0);
                    List<double[]> shifted = run(e.getValue(), 1);
                    for (int k = 0; k < aligned.size(); k++) {
                        assertArrayEquals(aligned.get(k), shifted.get(k), "result " + k);
                    }
                }));
    }

    private static List<double[]> run(Trial trial, int shift) {
        try (MemoryScope scope = MemoryScope.open("addresses")) {
            List<Tensor> in = trial.args().stream()
                    .map(arg -> shifted(arg.spec(), shift).copyFrom(arg.values())).toList();
            List<Tensor> out = trial.op().infer(trial.specs()).stream().map(spec -> shifted(spec, shift)).toList();
            Backends.of(DEVICE).kernel(trial.op(), in).run(trial.op(), in, out);
            List<Tensor> results = new ArrayList<>(out);
            Arrays.stream(trial.op().mutates()).forEach(i -> results.add(in.get(i)));
            return results.stream().map(Tensor::toDoubles).toList();
        }
    }

    private static Tensor shifted(TensorSpec spec, int shift) {
        Shape whole = Shape.of(Math.toIntExact(spec.shape().numel() + shift));
        return Tensor.allocate(new TensorSpec(whole, spec.dtype()), DEVICE).view(shift, spec.shape());
    }
}
