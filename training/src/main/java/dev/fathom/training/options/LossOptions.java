package dev.fathom.training.options;

import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.PixelError;
import dev.fathom.training.loss.BerHu;
import dev.fathom.training.loss.GradientTerm;
import dev.fathom.training.loss.L1;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.loss.SiLogZoe;
import dev.fathom.training.loss.WithTerm;
import java.util.Locale;

/**
 * What is made small.
 *
 * @param kind the loss
 * @param lambda of {@link Kind#SILOG}: how far it forgives a common scale error, 0 not at all, 1 wholly; 0 for others
 * @param beta of {@link Kind#SILOG_ZOE}: how much of a common scale error it punishes; 0 for others
 * @param gradientWeight how much of the gradient matching term is added, 0 for none
 * @param gradientScales on how many grids that term looks; 0 without it
 */
public record LossOptions(Kind kind, double lambda, double beta, double gradientWeight, int gradientScales) {
    /** Depth Anything V2's and the fine-tuning article's. */
    public static final double LAMBDA = 0.5;
    /** ZoeDepth's. */
    public static final double BETA = 0.15;
    /** MiDaS' and MegaDepth's. */
    public static final int SCALES = 4;

    /** The losses. Those that know neither scale nor shift (of disparities) will be further ones. */
    public enum Kind {
        /** {@link SiLog}. */
        SILOG,
        /** {@link SiLogZoe}. */
        SILOG_ZOE,
        /** {@link L1}. */
        L1,
        /** {@link BerHu}. */
        BERHU;

        /** As it is written on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** @throws dev.fathom.engine.errors.FathomException if a value makes no sense */
    public LossOptions {
        Check.that(lambda >= 0 && lambda <= 1, "--silog-lambda", lambda, "from 0 to 1");
        Check.that(kind == Kind.SILOG || lambda == 0, "--silog-lambda", lambda, leftOut(kind, Kind.SILOG));
        Check.that(Check.isAmount(beta), "--silog-beta", beta, "0 or more");
        Check.that(kind == Kind.SILOG_ZOE || beta == 0, "--silog-beta", beta, leftOut(kind, Kind.SILOG_ZOE));
        Check.that(Check.isAmount(gradientWeight), "--gradient-weight", gradientWeight, "0 or more");
        Check.that(gradientWeight > 0 ? gradientScales >= 1 && gradientScales <= GradientMatching.MOST_SCALES
                : gradientScales == 0, "--gradient-scales", gradientScales, gradientWeight > 0
                ? "from 1 to " + GradientMatching.MOST_SCALES : "left out without a --gradient-weight above 0");
    }

    private static String leftOut(Kind kind, Kind its) {
        return "left out with --loss " + kind + ": only " + its + " has it";
    }

    /** A loss with its authors' numbers. */
    public static LossOptions of(Kind kind) {
        return new LossOptions(kind, kind == Kind.SILOG ? LAMBDA : 0, kind == Kind.SILOG_ZOE ? BETA : 0, 0, 0);
    }

    /** The authors' and the fine-tuning article's: SiLog with a lambda of one half. */
    public static LossOptions article() {
        return of(Kind.SILOG);
    }

    /** SiLog with another lambda. */
    public static LossOptions siLog(double lambda) {
        return new LossOptions(Kind.SILOG, lambda, 0, 0, 0);
    }

    /** The same loss with another beta. */
    public LossOptions withBeta(double other) {
        return new LossOptions(kind, lambda, other, gradientWeight, gradientScales);
    }

    /** The same loss with so much of the gradient matching term. */
    public LossOptions withGradientMatching(double weight, int scales) {
        return new LossOptions(kind, lambda, beta, weight, scales);
    }

    /**
     * The loss itself. Gradient matching looks at log depth, as MegaDepth's: a step between two objects costs the same near and
     * far, and a common factor costs nothing.
     */
    public Objective objective() {
        Objective data = switch (kind) {
            case SILOG -> new SiLog(lambda);
            case SILOG_ZOE -> new SiLogZoe(beta);
            case L1 -> new L1();
            case BERHU -> new BerHu();
        };
        return gradientWeight == 0 ? data : new WithTerm(data, gradientWeight,
                new GradientTerm(new GradientMatching(PixelError.LOG, gradientScales)));
    }
}
