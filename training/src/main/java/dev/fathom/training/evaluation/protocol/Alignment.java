package dev.fathom.training.evaluation.protocol;

import java.util.Locale;

/**
 * What is fitted to the truth of each image before its prediction is measured. All but {@link #AFFINE_DISPARITY} fit in
 * the quantity that is compared ({@link Space}).
 */
public enum Alignment {
    /** Nothing: the numbers as they are. */
    NONE,
    /** One factor: the median of the truth over the median of the prediction (Monodepth2). */
    MEDIAN,
    /** One factor. */
    SCALE,
    /** A factor and a shift. */
    AFFINE,
    /** A factor and a shift in disparity (1/m), then back to the quantity that is compared (MiDaS). */
    AFFINE_DISPARITY;

    /** Whether there are two ways to fit it: {@link Fitting}. */
    public boolean hasFitting() {
        return this == SCALE || isAffine();
    }

    /** Whether a shift is fitted, too. */
    public boolean isAffine() {
        return this == AFFINE || this == AFFINE_DISPARITY;
    }

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
