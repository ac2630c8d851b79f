package dev.fathom.training.evaluation.protocol;

import dev.fathom.engine.errors.FathomException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Every choice between a predicted map and a number, so that the number can be compared with others.
 *
 * @param space what is compared
 * @param alignment what is fitted to each image's truth first
 * @param fitting how; without meaning where nothing is fitted, and for the median
 * @param crop where pixels count
 * @param min metres, inclusive: nearer true depths do not count
 * @param max metres, inclusive: farther true depths do not count
 * @param clamp whether predictions are brought into [min, max] before they are measured, NaN to min (ZoeDepth)
 * @param flipAverage whether a network also sees the mirrored image, and the mean of both maps counts
 * @param at at which size
 * @param average over what
 */
public record Protocol(Space space, Alignment alignment, Fitting fitting, Crop crop, float min, float max, boolean clamp,
        boolean flipAverage, Resolution at, Average average) {

    /** @throws FathomException if a value makes no sense; the sentence names the command line's option */
    public Protocol {
        require(min >= 0 && min < Float.POSITIVE_INFINITY, "--min", min, "0 or more metres");
        require(max > min, "--max", max, "more metres than --min, which is " + min);
        if (clamp && !(min > 0)) {
            throw new FathomException("--clamp needs --min above 0 metres, which is " + min
                    + ": a depth of 0 has no logarithm and no reciprocal.");
        }
    }

    /** Depth Anything V2's own trainer: nothing aligned, cropped, clamped or mirrored. */
    public static Protocol plain(float min, float max) {
        return new Protocol(Space.DEPTH, Alignment.NONE, Fitting.LEAST_SQUARES, Crop.NONE, min, max, false, false,
                Resolution.ORIGINAL, Average.IMAGES);
    }

    /** The quantity in which the fit is done. */
    public Space fitSpace() {
        return alignment == Alignment.AFFINE_DISPARITY ? Space.DISPARITY : space;
    }

    /** Everything, in words: {@code space depth, align affine-disparity (least-squares), ...}. */
    @Override
    public String toString() {
        return "space " + space + ", align " + alignment + (alignment.hasFitting() ? " (" + fitting + ")" : "") + ", crop "
                + crop + ", true depths in [" + min + ", " + max + "] m, " + (clamp ? "clamp" : "no clamp") + ", "
                + (flipAverage ? "flip average" : "no flip average") + ", at " + at + " resolution, average over "
                + average;
    }

    /** Everything, for JSON: the command line's names and values. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("space", space.toString());
        map.put("align", alignment.toString());
        map.put("fit", alignment.hasFitting() ? fitting.toString() : null);
        map.put("crop", crop.toString());
        map.put("crop_definition", crop.kind().definition());
        map.put("min", min);
        map.put("max", max);
        map.put("clamp", clamp);
        map.put("flip_average", flipAverage);
        map.put("at", at.toString());
        map.put("interpolation", at == Resolution.ORIGINAL ? "prediction to the truth's size: bilinear, align corners"
                : "truth to the prediction's size: nearest, OpenCV's");
        map.put("average", average.toString());
        return map;
    }

    private static void require(boolean ok, String name, Object value, String expected) {
        if (!ok) {
            throw new FathomException(name + " is " + value + ", but must be " + expected + ".");
        }
    }
}
