package dev.fathom.tools.video;

import dev.fathom.models.image.NetworkSize;
import dev.fathom.tools.align.AffineFit;
import dev.fathom.tools.align.AffineFit.Freedom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Takes the wavering of scale and shift out of a clip, frame after frame, in the model's own values: inverse depth of a
 * relative model, metres of a metric one (scale alone, its zero is a true one).
 *
 * <p>The network's map m of a frame is fitted to the corrected map of the frame before, {@code s m + o}, robustly
 * ({@link AffineFit}), over the still pixels if at least a quarter of the picture stands still and over all otherwise.
 * The correction is {@code a = k s + (1 - k)}, {@code b = k o}, with k the strength: an exponential smoothing. At k = 0
 * nothing is corrected. At k = 1 every frame follows the first one for good, drift included; below that a true change
 * comes through, to {@code 1 - k} at once and to {@code 1 - k^n} after n frames.
 *
 * <p>A cut begins anew with the network's values. It is seen in the picture, which changes by at least
 * {@value #CUT_LEVELS} levels of 255 and {@value #CUT_TIMES} times as much as the median of the frames before; or in
 * depth, of which the fit explains less than {@value #CUT_AGREEMENT} (1: all, 0: no more than a constant would) while
 * the picture changes by at least {@value #SOME_LEVELS}. Where a map cannot be fitted though the picture hardly changes
 * (a black frame, a blank wall) its values stay the network's.
 */
public final class Smoothing {
    static final double CUT_LEVELS = 25;
    static final double SOME_LEVELS = 8;
    static final double CUT_TIMES = 3;
    static final double CUT_AGREEMENT = 0.2;
    /** The frames before that a cut has to stand out from. */
    private static final int REMEMBERED = 9;
    private static final double ENOUGH_STILL = 0.25;

    /**
     * What becomes of a frame.
     *
     * @param scale what its values are multiplied by
     * @param shift what is then added
     * @param cut   whether it begins a new scene
     */
    public record Step(double scale, double shift, boolean cut) {
        static final Step NONE = new Step(1, 0, false);

        /**
         * The corrected map.
         *
         * @param neverNegative whether less than 0 becomes 0, as a relative model's values are
         * @param out           [H,W], may be the map itself
         */
        void apply(float[] map, boolean neverNegative, float[] out) {
            if (scale == 1 && shift == 0) {
                System.arraycopy(map, 0, out, 0, map.length);
                return;
            }
            for (int i = 0; i < map.length; i++) {
                float value = (float) (scale * map[i] + shift);
                out[i] = neverNegative ? Math.max(0, value) : value;
            }
        }
    }

    private final double strength;
    private final Freedom freedom;
    private final PixelSample sample;
    private final NetworkSize size;
    private final Deque<Double> lately = new ArrayDeque<>();

    /** @param strength k, 0 to 1 */
    public Smoothing(double strength, Freedom freedom, NetworkSize size) {
        this.strength = strength;
        this.freedom = freedom;
        this.size = size;
        this.sample = new PixelSample(size);
    }

    /**
     * The next frame.
     *
     * @param corrected the frame before as it became, [H,W]; null for the first
     * @param map       the network's values, [H,W]
     * @param changes   of the picture's patches since the frame before, [H/14,W/14]
     */
    public Step next(float[] corrected, float[] map, float[] changes) {
        if (corrected == null) {
            return Step.NONE;
        }
        double change = Stillness.mean(changes);
        boolean[] patches = Stillness.still(changes, size);
        int[] pixels = sample.in(patches);
        if (pixels.length < ENOUGH_STILL * sample.count()) {
            pixels = sample.all();
        }
        boolean cut = change >= CUT_LEVELS && change >= CUT_TIMES * usual();
        Optional<AffineFit> fit = cut ? Optional.empty() : AffineFit.robust(PixelSample.values(map, pixels),
                PixelSample.values(corrected, pixels), freedom);
        boolean explained = fit.isPresent() && fit.get().agreement() >= CUT_AGREEMENT;
        if (cut || !explained && change >= SOME_LEVELS) {
            lately.clear();
            return new Step(1, 0, true);
        }
        lately.addLast(change);
        if (lately.size() > REMEMBERED) {
            lately.removeFirst();
        }
        return !explained ? Step.NONE : new Step(strength * fit.get().scale() + 1 - strength,
                strength * fit.get().shift(), false);
    }

    private double usual() {
        double[] sorted = lately.stream().mapToDouble(d -> d).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }
}
