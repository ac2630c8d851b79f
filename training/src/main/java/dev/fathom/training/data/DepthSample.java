package dev.fathom.training.data;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import java.util.Optional;

/**
 * One picture with its depth.
 *
 * <p>A pixel is valid where its depth is positive: data sets turn whatever marks a hole in their files (0, NaN, a
 * negative number, infinity) into 0 and count the unexpected ones.
 *
 * @param name     what to call it in messages: usually the file
 * @param picture  the photo
 * @param depth    [H,W], metres, of the picture's size; 0 where nothing was measured
 * @param repaired how many depths were NaN, negative or infinite and became holes
 * @param camera   of the picture as it is here, where the data set says it
 */
public record DepthSample(String name, Picture picture, float[] depth, int repaired, Optional<Intrinsics> camera) {

    /** Checks that the depth has the picture's size. */
    public DepthSample {
        if (depth.length != picture.pixels()) {
            throw new IllegalArgumentException(name + ": " + depth.length + " depths for " + picture);
        }
    }

    /** A sample whose camera is not known. */
    public DepthSample(String name, Picture picture, float[] depth, int repaired) {
        this(name, picture, depth, repaired, Optional.empty());
    }

    /** W, pixels. */
    public int width() {
        return picture.width();
    }

    /** H, pixels. */
    public int height() {
        return picture.height();
    }

    /** Whether pixel {@code i} (row-major) has a depth. */
    public boolean valid(int i) {
        return depth[i] > 0;
    }
}
