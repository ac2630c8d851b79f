package dev.fathom.tools.quickstart;

import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.training.data.Augmentation;
import dev.fathom.training.trainer.TrainOptions;
import dev.fathom.training.trainer.TrainOptions.ScheduleKind;
import java.util.List;

/**
 * The sizes of the quickstart: the real recipe (SiLog, AdamW in two groups, cosine with warm-up, masks, crops, augmentation) on a network of
 * 1/15 of ViT-S and on small pictures, so that it ends in about two minutes on two cores.
 *
 * <p>Rates are far above fine-tuning's 5e-6, because nothing is pretrained here: the network learns depth from random numbers.
 */
final class QuickstartPlan {
    static final int TRAIN_ROOMS = 480;
    static final int VALIDATION_ROOMS = 48;
    static final int WIDTH = 168;
    static final int HEIGHT = 126;
    static final float MAX_DEPTH = 10;
    static final long SEED = 1;

    static final ModelConfig MODEL = new ModelConfig(new VitConfig(126, 14, 144, 6, 3, VitConfig.Ffn.MLP), List.of(1, 2, 3, 5),
            new DptConfig(32, List.of(24, 48, 96, 96), false, false));
    static final DepthHead HEAD = new DepthHead.Metric(MAX_DEPTH);
    static final TrainOptions OPTIONS = new TrainOptions(8, 4, 126, 4e-4, 2, 0.01, ScheduleKind.COSINE, 0.5, 0.5, 0.001f, MAX_DEPTH,
            Augmentation.article(), SEED);

    private QuickstartPlan() {
    }
}
