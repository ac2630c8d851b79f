package dev.fathom.tools.quickstart;

import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.OptimOptions;
import dev.fathom.training.options.TrainOptions;
import java.util.List;

/**
 * The sizes of a quickstart. The recipe is the real one: SiLog, AdamW in two groups, cosine with warm-up, masks, crops,
 * augmentation.
 *
 * @param trainRooms      rooms to learn from, {@code validationRooms} others to be measured on
 * @param width           of the rooms' pictures, {@code height} too, pixels
 * @param model           the network
 * @param options         of the training; its largest depth is the head's
 */
public record QuickstartPlan(int trainRooms, int validationRooms, int width, int height, ModelConfig model,
        TrainOptions options) {

    /**
     * A network of 1/15 of ViT-S on small pictures, so that it ends in about two minutes on two cores.
     *
     * <p>Rates are far above fine-tuning's 5e-6, because nothing is pretrained here: the network learns depth from
     * random numbers.
     */
    public static QuickstartPlan standard() {
        ModelConfig model = new ModelConfig(new VitConfig(126, 14, 144, 6, 3, VitConfig.Ffn.MLP), List.of(1, 2, 3, 5),
                new DptConfig(32, List.of(24, 48, 96, 96), false, false));
        return new QuickstartPlan(480, 48, 168, 126, model, TrainOptions.article().over(8, 1)
                .with(BatchOptions.article().of(4, 126)).with(OptimOptions.article().withRates(4e-4, 2)));
    }

    /** A few seconds of everything, for tests: the numbers mean nothing. */
    public static QuickstartPlan tiny() {
        ModelConfig model = new ModelConfig(new VitConfig(42, 14, 24, 4, 2, VitConfig.Ffn.MLP), List.of(0, 1, 2, 3),
                new DptConfig(8, List.of(8, 8, 16, 16), false, false));
        return new QuickstartPlan(6, 3, 56, 42, model, TrainOptions.article().over(2, 1)
                .with(BatchOptions.article().of(2, 42)).with(OptimOptions.article().withRates(1e-3, 2.5)));
    }

    DepthHead head() {
        return new DepthHead.Metric(options.batch().maxDepth());
    }
}
