package dev.fathom.tests.evaluation;

import dev.fathom.models.image.Picture;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.protocol.Alignment;
import dev.fathom.training.evaluation.protocol.Average;
import dev.fathom.training.evaluation.protocol.Crop;
import dev.fathom.training.evaluation.protocol.Fitting;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.Resolution;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.scoring.ImageScorer;
import dev.fathom.training.evaluation.scoring.Scored;

/** One image and one map, measured. */
final class Scoring {
    static final float MIN = 1e-3f;
    static final float MAX = 10;

    private Scoring() {
    }

    static Protocol protocol(Space space, Alignment alignment, Fitting fitting) {
        return protocol(space, alignment, fitting, false);
    }

    static Protocol protocol(Space space, Alignment alignment, Fitting fitting, boolean clamp) {
        return new Protocol(space, alignment, fitting, Crop.NONE, MIN, MAX, clamp, false, Resolution.ORIGINAL,
                Average.IMAGES);
    }

    static DepthSample sample(int width, int height, float[] depth) {
        return new DepthSample("made up", Picture.blank(width, height), depth, 0);
    }

    /** Measures a row of pixels. */
    static Scored score(Protocol protocol, PredictedQuantity quantity, float[] prediction, float[] truth) {
        return new ImageScorer(protocol).score(new Prediction(quantity, truth.length, 1, prediction, "made up"),
                sample(truth.length, 1, truth));
    }
}
