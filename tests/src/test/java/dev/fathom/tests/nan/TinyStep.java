package dev.fathom.tests.nan;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.debug.CheckedOp;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.training.data.Batch;
import dev.fathom.training.options.LossOptions;
import dev.fathom.training.parallel.Split;
import dev.fathom.training.step.StepReplay;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** A tiny network with random weights, a batch of two pictures of 28 pixels, and faults to plant in either. */
final class TinyStep {
    static final int SIDE = 28;
    private static final int PIXELS = SIDE * SIDE;

    private TinyStep() {
    }

    /** 48 channels, 4 blocks, in the innermost scope. */
    static DepthAnythingV2 model(Device device) {
        return model(device, false);
    }

    static DepthAnythingV2 model(Device device, boolean batchNorm) {
        DepthAnythingV2 model = new DepthAnythingV2(new ModelConfig(new VitConfig(28, 14, 48, 4, 3, VitConfig.Ffn.MLP),
                List.of(0, 1, 2, 3), new DptConfig(8, List.of(8, 8, 8, 8), batchNorm, false)),
                new DepthHead.Metric(10));
        model.parameters().initialise(7, device, name -> true);
        model.parameters().training(true);
        return model;
    }

    /** Waves, as picture and as depths of 1 to 9 metres. */
    static Batch batch() {
        float[] image = new float[2 * PIXELS * 3];
        float[] depth = new float[2 * PIXELS];
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) Math.sin(0.37 * i);
            depth[i / 3] = 5 + 4 * image[i];
        }
        byte[] valid = new byte[2 * PIXELS];
        Arrays.fill(valid, (byte) 1);
        return new Batch(0, 5, 2, SIDE, image, depth, valid, List.of("left.h5", "right.h5"),
                new int[] {PIXELS, PIXELS}, 0);
    }

    /** Multiplies rows {@code from} to {@code to} of a weight's first axis. */
    static void scale(DepthAnythingV2 model, String name, double factor, double from, double to) {
        Tensor t = model.parameters().get(name).tensor();
        float[] values = t.toFloats();
        for (int i = (int) (from * values.length); i < (int) (to * values.length); i++) {
            values[i] = (float) (values[i] * factor);
        }
        t.copyFrom(values);
    }

    /** Multiplies all of a weight. */
    static void scale(DepthAnythingV2 model, String name, double factor) {
        scale(model, name, factor, 0, 1);
    }

    /** Overwrites one number of a weight. */
    static void poke(DepthAnythingV2 model, String name, int index, float value) {
        Tensor t = model.parameters().get(name).tensor();
        float[] values = t.toFloats();
        values[index] = value;
        t.copyFrom(values);
    }

    /** Runs the step with every operation looked at. */
    static StepReplay look(DepthAnythingV2 model, Batch batch, Precision precision, double lossScale,
            Consumer<CheckedOp> each) {
        return StepReplay.run(model, batch, LossOptions.article(), precision, lossScale, Split.WHOLE, each);
    }

    static StepReplay look(DepthAnythingV2 model, Batch batch, Precision precision, double lossScale) {
        return look(model, batch, precision, lossScale, op -> { });
    }
}
