package dev.fathom.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.BatchNorm;
import dev.fathom.engine.ops.BatchNormBackward;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.LayerNormBackward;
import dev.fathom.engine.ops.LayerNormEach;
import dev.fathom.engine.ops.LayerNormEachBackward;
import dev.fathom.engine.ops.ResizeBicubic;
import dev.fathom.engine.ops.ResizeBicubicBackward;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.engine.ops.ResizeBilinearBackward;
import dev.fathom.engine.ops.ResizeNearest;
import dev.fathom.engine.ops.ResizeNearestBackward;
import dev.fathom.engine.ops.Softmax;
import dev.fathom.engine.ops.SoftmaxBackward;
import dev.fathom.engine.ops.SwiGlu;
import dev.fathom.engine.ops.SwiGluBackward;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The GPU's kernels that go through whole rows and maps, at the widths of real models and around the widths where a
 * kernel changes its plan: the conformance rows draw at most 67 columns.
 */
class NormShapesTest {
    private static final Device DEVICE = Device.emulated(0);

    /** One warp a row up to 512, two up to 1024, three up to 1536, another kernel beyond. */
    private static final int[] WIDTHS = {1, 31, 33, 384, 512, 513, 768, 1024, 1025, 1536, 1537};

    /** All trials in float32, by a name that says what is special. */
    private static Map<String, Trial> trials() {
        Map<String, Trial> all = new TreeMap<>();
        for (int c : WIDTHS) {
            Trial norm = layerNorm(c < 500 ? 13 : 4, c);
            all.put("layer_norm " + c, norm);
            all.put("layer_norm_backward " + c, layerNormBackward(norm));
        }
        all.put("layer_norm_backward of many rows", layerNormBackward(layerNorm(1700, 5)));
        for (int c : new int[] {384, 1540}) {
            Trial each = layerNormEach(3, Shape.of(2, 4, c), 1);
            all.put("layer_norm_each " + c, each);
            all.put("layer_norm_each_backward " + c, layerNormEachBackward(each));
        }
        for (int c : new int[] {64, 132}) {
            Trial norm = batchNorm(Shape.of(2, c < 100 ? 300 : 60, c));
            all.put("batch_norm " + c, norm);
            all.put("batch_norm_backward " + c, Trial.of(new BatchNormBackward(true), new Draw()).inputOf(norm, 0)
                    .inputOf(norm, 1).outputOf(norm, 1).outputOf(norm, 2).in(norm.shapeOf(0)).sums(rows(norm)));
        }
        for (int c : new int[] {1024, 1370}) {
            Trial softmax = Trial.of(new Softmax(), new Draw()).in(-6, 6, Shape.of(3, c)).sums(c);
            all.put("softmax " + c, softmax);
            all.put("softmax_backward " + c, Trial.of(new SoftmaxBackward(), new Draw()).outputOf(softmax, 0)
                    .in(softmax.shapeOf(0)).sums(c));
        }
        for (int h : new int[] {255, 2048}) {
            all.put("swiglu " + h, Trial.of(new SwiGlu(), new Draw()).in(2, 2 * h).sums(4));
            all.put("swiglu_backward " + h, Trial.of(new SwiGluBackward(), new Draw()).in(2, 2 * h).in(2, h).sums(4));
        }
        resizes(all, 19, 19, 37, 37, 16);
        resizes(all, 5, 37, 9, 74, 64);
        resizes(all, 37, 50, 61, 131, 1);
        resizes(all, 61, 131, 40, 50, 3);
        resizes(all, 1, 300, 3, 1, 8);
        // Enough blocks that a thread makes 2, 4 and 8 rows.
        bilinear(all, Shape.of(1, 300, 2, 1), Shape.of(1, 531, 3, 1), 4);
        bilinear(all, Shape.of(1, 2200, 1, 3), Shape.of(1, 2117, 2, 3), 4);
        bilinear(all, Shape.of(1, 8500, 1, 1), Shape.of(1, 9001, 2, 1), 4);
        return all;
    }

    private static Trial layerNorm(int rows, int c) {
        return Trial.of(new LayerNorm(1e-6), new Draw()).inAround(c < 3 ? 0 : 40, 1, Shape.of(rows, c))
                .in(0.5, 1.5, Shape.of(c)).wide().in(Shape.of(c)).wide().sums(c);
    }

    private static Trial layerNormBackward(Trial norm) {
        return Trial.of(new LayerNormBackward(), new Draw()).inputOf(norm, 0).inputOf(norm, 1).outputOf(norm, 1)
                .outputOf(norm, 2).in(norm.shapeOf(0)).sums(Math.max(rows(norm), norm.shapeOf(1).dim(0)));
    }

    private static Trial layerNormEach(int count, Shape x, int skip) {
        Shape c = Shape.of(x.dim(2));
        Trial trial = Trial.of(new LayerNormEach(count, 1e-6, skip), new Draw()).in(0.5, 1.5, c).wide().in(c).wide();
        for (int k = 0; k < count; k++) {
            trial.inAround(0.5, 1, x);
        }
        return trial.sums(x.dim(2));
    }

    private static Trial layerNormEachBackward(Trial each) {
        LayerNormEach op = (LayerNormEach) each.op();
        Trial trial = Trial.of(new LayerNormEachBackward(op.count(), op.skip()), new Draw()).inputOf(each, 0)
                .outputOf(each, op.count()).outputOf(each, op.count() + 1);
        for (int k = 0; k < op.count(); k++) {
            trial.inputOf(each, 2 + k);
        }
        Shape x = each.shapeOf(2);
        for (int k = 0; k < op.count(); k++) {
            trial.in(x.with(1, x.dim(1) - op.skip()));
        }
        return trial.sums(x.dim(2));
    }

    private static Trial batchNorm(Shape x) {
        Shape c = Shape.of(x.dim(-1));
        return Trial.of(new BatchNorm(true, 0.1, 1e-5), new Draw()).inAround(3, x.dim(-1), x).in(0.5, 1.5, c).wide()
                .in(c).wide().in(-1, 1, c).wide().in(0.5, 1.5, c).wide().sums(x.product(0, x.rank() - 1));
    }

    private static double rows(Trial trial) {
        return trial.shapeOf(0).product(0, trial.shapeOf(0).rank() - 1);
    }

    private static void resizes(Map<String, Trial> all, int inH, int inW, int outH, int outW, int channels) {
        Shape x = Shape.of(1, inH, inW, channels);
        Shape dy = Shape.of(1, outH, outW, channels);
        double terms = Math.max(16, 16.0 * outH * outW / (inH * inW));
        double stepH = inH / (outH + 0.1);
        double stepW = inW / (outW + 0.1);
        String size = " " + x + " to " + dy;
        bilinear(all, x, dy, terms);
        all.put("bicubic" + size,
                Trial.of(new ResizeBicubic(outH, outW, stepH, stepW, false), new Draw()).in(x).sums(16));
        all.put("bicubic_backward" + size,
                Trial.of(new ResizeBicubicBackward(inH, inW, stepH, stepW, false), new Draw()).in(dy).sums(terms));
        all.put("nearest" + size, Trial.of(new ResizeNearest(outH, outW), new Draw()).in(x).exact());
        all.put("nearest_backward" + size,
                Trial.of(new ResizeNearestBackward(inH, inW), new Draw()).in(dy).sums(terms));
    }

    private static void bilinear(Map<String, Trial> all, Shape x, Shape dy, double terms) {
        for (boolean corners : new boolean[] {true, false}) {
            String size = " " + corners + " " + x + " to " + dy;
            all.put("bilinear" + size,
                    Trial.of(new ResizeBilinear(dy.dim(1), dy.dim(2), corners), new Draw()).in(x).sums(4));
            all.put("bilinear_backward" + size,
                    Trial.of(new ResizeBilinearBackward(x.dim(1), x.dim(2), corners), new Draw()).in(dy).sums(terms));
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
        return tests.stream();
    }

    /** How an element is loaded decides its speed, never the order of a sum. */
    @TestFactory
    Stream<DynamicTest> bitsDoNotDependOnAddresses() {
        return trials().entrySet().stream().filter(e -> e.getKey().matches(".*(norm|backward).* (384|64|132|1024)"))
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
            return out.stream().map(Tensor::toDoubles).toList();
        }
    }

    private static Tensor shifted(TensorSpec spec, int shift) {
        Shape whole = Shape.of(Math.toIntExact(spec.shape().numel() + shift));
        return Tensor.allocate(new TensorSpec(whole, spec.dtype()), DEVICE).view(shift, spec.shape());
    }
}
