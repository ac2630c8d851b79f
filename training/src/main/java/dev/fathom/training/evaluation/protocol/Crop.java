package dev.fathom.training.evaluation.protocol;

import dev.fathom.engine.errors.FathomException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The part of an image in which pixels count, by its published definition. Rows and columns end before the last number.
 *
 * @param kind which one
 * @param box of {@link Kind#BOX}; null for the others, which say it themselves
 */
public record Crop(Kind kind, Box box) {
    /** The whole image. */
    public static final Crop NONE = new Crop(Kind.NONE, null);

    private static final Pattern BOX = Pattern.compile("box=(\\d{1,6}),(\\d{1,6}),(\\d{1,6}),(\\d{1,6})");

    /**
     * Rows {@code top} to {@code bottom} - 1, columns {@code left} to {@code right} - 1.
     */
    public record Box(int top, int bottom, int left, int right) {
        /** Whether a pixel is inside. */
        public boolean contains(int x, int y) {
            return y >= top && y < bottom && x >= left && x < right;
        }
    }

    /** The crops of the field. */
    public enum Kind {
        /** All pixels. */
        NONE("none", "all pixels"),
        /** ZoeDepth's and Marigold's for NYU Depth V2; D. Eigen's valid region of the Kinect frames. */
        EIGEN_NYU("eigen-nyu", "rows 45 to 470, columns 41 to 600 of 640 x 480 (Eigen 2014)"),
        /** Marigold's and ZoeDepth's {@code eigen_crop} for KITTI. */
        EIGEN_KITTI("eigen-kitti", "rows 0.3324324 h to 0.91351351 h, columns 0.0359477 w to 0.96405229 w (Eigen 2014)"),
        /** R. Garg's, as in Monodepth2 and ZoeDepth. */
        GARG("garg", "rows 0.40810811 h to 0.99189189 h, columns 0.03594771 w to 0.96405229 w (Garg 2016)"),
        /** The KITTI benchmark's size. */
        KB("kb", "the 1216 x 352 pixels at the bottom centre (KITTI benchmark)"),
        /** ZoeDepth's and Marigold's for KITTI. */
        KB_GARG("kb+garg", "garg's share of the 1216 x 352 pixels at the bottom centre"),
        /** Marigold's for KITTI. */
        KB_EIGEN("kb+eigen-kitti", "eigen-kitti's share of the 1216 x 352 pixels at the bottom centre"),
        /** Rows and columns in pixels. */
        BOX("box", "given rows and columns");

        private final String id;
        private final String definition;

        Kind(String id, String definition) {
            this.id = id;
            this.definition = definition;
        }

        /** The definition in one line. */
        public String definition() {
            return definition;
        }

        @Override
        public String toString() {
            return id;
        }
    }

    public Crop {
        if ((kind == Kind.BOX) != (box != null)) {
            throw new IllegalArgumentException("a box belongs to the crop box alone");
        }
        if (box != null && (box.bottom <= box.top || box.right <= box.left)) {
            throw new FathomException("The crop " + text(kind, box) + " has no pixels; expected box=T,B,L,R with"
                    + " rows T to B - 1 and columns L to R - 1.");
        }
    }

    /** One of the crops by name. */
    public static Crop of(Kind kind) {
        return new Crop(kind, null);
    }

    /**
     * Reads what a user typed: a name such as {@code garg}, or {@code box=T,B,L,R}.
     */
    public static Crop parse(String text) {
        return parse("--crop", text);
    }

    /** @param option what the sentence of a refusal begins with */
    public static Crop parse(String option, String text) {
        Matcher matcher = BOX.matcher(text);
        if (matcher.matches()) {
            int[] n = IntStream.rangeClosed(1, 4).map(i -> Integer.parseInt(matcher.group(i))).toArray();
            return new Crop(Kind.BOX, new Box(n[0], n[1], n[2], n[3]));
        }
        for (Kind kind : Kind.values()) {
            if (kind != Kind.BOX && kind.id.equals(text)) {
                return of(kind);
            }
        }
        throw new FathomException(option + " is " + text + ", but must be none, eigen-nyu, eigen-kitti, garg, kb, kb+garg,"
                + " kb+eigen-kitti or box=T,B,L,R, rows T to B - 1 and columns L to R - 1.");
    }

    /**
     * Where pixels count in an image.
     *
     * @throws SkippedImageException if the crop does not exist in an image of this size
     */
    public Box in(int width, int height) {
        return switch (kind) {
            case NONE -> new Box(0, height, 0, width);
            case EIGEN_NYU -> {
                if (width != 640 || height != 480) {
                    throw refusal("is defined for 640 x 480 pixels", width, height);
                }
                yield new Box(45, 471, 41, 601);
            }
            case EIGEN_KITTI -> eigen(new Box(0, height, 0, width));
            case GARG -> garg(new Box(0, height, 0, width));
            case KB -> benchmark(width, height);
            case KB_GARG -> garg(benchmark(width, height));
            case KB_EIGEN -> eigen(benchmark(width, height));
            case BOX -> {
                if (box.right > width || box.bottom > height) {
                    throw refusal("ends outside the image", width, height);
                }
                yield box;
            }
        };
    }

    private Box benchmark(int width, int height) {
        if (width < 1216 || height < 352) {
            throw refusal("needs 1216 x 352 pixels", width, height);
        }
        int left = (width - 1216) / 2;
        return new Box(height - 352, height, left, left + 1216);
    }

    private static Box garg(Box box) {
        return shares(box, 0.40810811, 0.99189189, 0.03594771, 0.96405229);
    }

    private static Box eigen(Box box) {
        return shares(box, 0.3324324, 0.91351351, 0.0359477, 0.96405229);
    }

    /** Python's {@code int(share * side)}. */
    private static Box shares(Box of, double top, double bottom, double left, double right) {
        int height = of.bottom - of.top;
        int width = of.right - of.left;
        return new Box(of.top + (int) (top * height), of.top + (int) (bottom * height), of.left + (int) (left * width),
                of.left + (int) (right * width));
    }

    private SkippedImageException refusal(String why, int width, int height) {
        return new SkippedImageException("the crop " + this + " " + why + ", and the image has " + width + " x " + height);
    }

    private static String text(Kind kind, Box box) {
        return box == null ? kind.id : "box=" + box.top + "," + box.bottom + "," + box.left + "," + box.right;
    }

    /** As on the command line. */
    @Override
    public String toString() {
        return text(kind, box);
    }
}
