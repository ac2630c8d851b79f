package dev.fathom.tests.models;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.dinov2.DinoVisionTransformer.Tap;
import dev.fathom.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a tiny network gives on one device: everything a golden case compares, as PyTorch lays it out.
 *
 * @param results       {@code y}, {@code loss}, {@code featJ_patch}, {@code featJ_cls}
 * @param gradients     by parameter name; the picture's is {@code __x__}
 * @param withoutGradient trainable parameters that the loss does not depend on
 * @param buffers       the state dict's untrained entries after the step
 */
record TinyRun(Map<String, double[]> results, Map<String, double[]> gradients, Set<String> withoutGradient,
        Map<String, double[]> buffers) {

    static TinyRun of(TinyCase golden, Device device) {
        return of(golden, device, Precision.FP32, 1);
    }

    /** The same in another precision; {@code lossScale} is taken out of the gradients again. */
    static TinyRun of(TinyCase golden, Device device, Precision precision, double lossScale) {
        return of(golden, device, precision, lossScale, false);
    }

    /** The same with or without activation checkpointing. */
    static TinyRun of(TinyCase golden, Device device, Precision precision, double lossScale, boolean checkpointing) {
        TinyRun run = new TinyRun(new LinkedHashMap<>(), new LinkedHashMap<>(), new TreeSet<>(), new LinkedHashMap<>());
        try (MemoryScope scope = MemoryScope.open("tiny")) {
            DepthAnythingV2 model = new DepthAnythingV2(golden.config(), golden.head())
                    .gradientCheckpointing(checkpointing);
            SyntheticWeights.fill(model.parameters(), device);
            run.taps(model, golden, device, precision);
            run.step(model, golden, device, precision, lossScale);
        }
        return run;
    }

    /** A tensor of the device's float type. */
    static Tensor tensor(float[] values, Device device, int... dims) {
        DType dtype = device.equals(Device.REFERENCE) ? DType.F64 : DType.F32;
        return Tensor.allocate(new TensorSpec(Shape.of(dims), dtype), device).copyFrom(values);
    }

    static Tensor mask(boolean[] values, Device device, int... dims) {
        double[] bits = new double[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = values[i] ? 1 : 0;
        }
        return Tensor.allocate(new TensorSpec(Shape.of(dims), DType.BOOL), device).copyFrom(bits);
    }

    private void taps(DepthAnythingV2 model, TinyCase golden, Device device, Precision precision) {
        try (MemoryScope scope = MemoryScope.open("taps"); GradMode.Scope off = GradMode.noGrad();
                Autocast mixed = Autocast.open(precision)) {
            Tensor x = tensor(golden.x(), device, golden.batch(), golden.height(), golden.width(), 3);
            List<Tap> taps = model.encode(x, true);
            for (int j = 0; j < 4; j++) {
                results.put("feat" + j + "_patch", taps.get(j).patches().toDoubles());
                results.put("feat" + j + "_cls", taps.get(j).cls().toDoubles());
            }
        }
    }

    private void step(DepthAnythingV2 model, TinyCase golden, Device device, Precision precision, double lossScale) {
        int n = golden.batch();
        int h = golden.height();
        int w = golden.width();
        try (MemoryScope scope = MemoryScope.open("step")) {
            model.parameters().training(golden.json().get("mode").asText().equals("train"));
            Tensor x = tensor(golden.x(), device, n, h, w, 3).asParameter();
            Tensor loss;
            try (Autocast mixed = Autocast.open(precision)) {
                Tensor y = model.forward(x);
                results.put("y", y.toDoubles());
                Tensor pred = Affine.of(y, 1, golden.json().get("loss").get("pred_offset").asDouble());
                loss = MaskedLoss.siLog(0.5).of(pred, tensor(golden.target(), device, n, h, w), mask(golden.mask(), device, n, h,
                        w));
            }
            results.put("loss", loss.toDoubles());
            Gradients g = Backward.of(loss, Tensors.full(loss.spec(), device, lossScale), null);
            gradients.put("__x__", TinyCase.channelsFirst(g.of(x).toDoubles(), n, 3, h, w));
            for (Parameter p : model.parameters().trainable()) {
                Tensor gradient = g.of(p.tensor());
                if (gradient == null) {
                    withoutGradient.add(p.name());
                } else {
                    gradients.put(p.name(), widen(p.toState("gradient", gradient).toFloats()));
                }
            }
            for (Parameter p : model.parameters().all()) {
                if (!p.trainable()) {
                    buffers.put(p.name(), p.tensor().toDoubles());
                }
            }
            gradients.values().forEach(values -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] /= lossScale;
                }
            });
        }
    }

    private static double[] widen(float[] values) {
        double[] out = new double[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i];
        }
        return out;
    }
}
