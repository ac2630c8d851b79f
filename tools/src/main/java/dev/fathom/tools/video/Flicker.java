package dev.fathom.tools.video;

import dev.fathom.engine.numeric.Selection;
import java.util.Locale;

/**
 * How much depth wavers where the picture stands still.
 *
 * <p>Of each two frames in a row without a cut between them: the median over the still pixels ({@link Stillness}) of
 * the absolute change of the value. The figure is the mean of that over all such pairs of frames, in parts of the
 * clip's range (its greatest value less its least). It does not depend on the scale or shift of the whole clip; 0 is
 * perfect. Pairs in which less than a hundredth of the pixels is still say nothing and do not count.
 */
public final class Flicker {
    /** In one sentence, for files. */
    static final String DEFINITION = "the median over still pixels of the absolute change of the value from one frame"
            + " to the next, its mean over all pairs of frames within a scene, in parts of the clip's range of values;"
            + " still are the 14 x 14 patches of the network's input that change, as their eight neighbours, by at most"
            + " " + Stillness.STILL + " levels of 255 of luma on average";

    private static final double LEAST_SHARE = 0.01;

    /**
     * The figure.
     *
     * @param mean  in parts of the clip's range
     * @param worst of the pair that wavers most, and {@code frame} the second frame of it, counted from 0
     * @param pairs how many pairs of frames it is of
     */
    public record Figure(double mean, double worst, int frame, int pairs) {
        @Override
        public String toString() {
            return pairs == 0 ? "unknown (nothing stands still)" : String.format(Locale.ROOT,
                    "%.3f %% of the range (worst %.3f %%, at frame %d)", 100 * mean, 100 * worst, frame + 1);
        }
    }

    private double sum;
    private double worst;
    private int worstFrame;
    private int pairs;

    /**
     * Two frames in a row.
     *
     * @param frame  number of the second one
     * @param before the still pixels' values, {@code now} the same in the second
     * @param of     how many pixels there are, still or not
     */
    public void add(int frame, float[] before, float[] now, int of) {
        if (before.length < LEAST_SHARE * of || before.length == 0) {
            return;
        }
        double[] changes = new double[before.length];
        for (int i = 0; i < changes.length; i++) {
            // A value that is no number changes without bound.
            double change = Math.abs((double) now[i] - before[i]);
            changes[i] = change >= 0 ? change : Double.POSITIVE_INFINITY;
        }
        double median = Selection.median(changes);
        sum += median;
        pairs++;
        if (median > worst) {
            worst = median;
            worstFrame = frame;
        }
    }

    /** The figure for a clip whose values have this range. */
    public Figure figure(double range) {
        return pairs == 0 || range <= 0 ? new Figure(0, 0, 0, pairs)
                : new Figure(sum / pairs / range, worst / range, worstFrame, pairs);
    }
}
