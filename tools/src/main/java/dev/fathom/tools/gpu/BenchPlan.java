package dev.fathom.tools.gpu;

import dev.fathom.engine.Precision;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.tools.quickstart.QuickstartPlan;
import java.util.List;

/**
 * What is timed.
 *
 * @param name of the model, for people
 * @param side of pictures in pixels
 * @param precisions what products are computed in
 * @param forwardBatches pictures at once, forward
 * @param trainBatch pictures at once in a training step
 * @param runs timed runs of each
 * @param ratesSide of the matrices that show what the device can do at most
 */
public record BenchPlan(String name, ModelConfig model, int side, List<Precision> precisions,
                        List<Integer> forwardBatches, int trainBatch, int runs, int ratesSide) {
    /** The work of the project's targets: ViT-S at 518, one picture and 16, steps of 11. */
    public static BenchPlan standard() {
        return new BenchPlan("ViT-S", Encoder.of("vits").config(), 518, List.of(Precision.values()),
            List.of(1, 16), 11, 30, 8192);
    }

    /** A network of a few thousand weights, for a device that takes its time: the numbers mean nothing. */
    public static BenchPlan tiny() {
        return new BenchPlan("A tiny network", QuickstartPlan.tiny().model(), 14, List.of(Precision.FP16),
            List.of(1), 1, 1, 64);
    }
}
