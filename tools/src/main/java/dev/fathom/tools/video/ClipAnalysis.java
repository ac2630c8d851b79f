package dev.fathom.tools.video;

import dev.fathom.models.image.ByteMap.Range;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.tools.align.AffineFit.Freedom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * What can only be said of a clip as a whole, from its maps on disk: one range, each frame's correction, cuts, flicker.
 *
 * @param steps  what becomes of each frame
 * @param range  least and greatest corrected value
 * @param before flicker of the network's values
 * @param after  flicker of the corrected ones
 */
public record ClipAnalysis(List<Smoothing.Step> steps, Range range, Flicker.Figure before, Flicker.Figure after) {
    /** Places to count values in, for percentiles. */
    private static final int BINS = 1 << 16;

    /**
     * Goes through the maps once.
     *
     * @param strength      of the smoothing, 0 to 1
     * @param neverNegative whether corrected values below 0 become 0
     * @param goOn          asked after each frame, by its number
     * @return null if it was told not to go on
     */
    public static ClipAnalysis of(MapSpool spool, double strength, Freedom freedom, boolean neverNegative,
            IntPredicate goOn) {
        NetworkSize size = spool.mapSize();
        Smoothing smoothing = new Smoothing(strength, freedom, size);
        PixelSample sample = new PixelSample(size);
        Flicker before = new Flicker();
        Flicker after = new Flicker();
        Range rangeBefore = null;
        Range range = null;
        List<Smoothing.Step> steps = new ArrayList<>();
        float[] changes = new float[(int) size.patches()];
        float[] raw = new float[size.width() * size.height()];
        float[] rawBefore = new float[raw.length];
        float[] now = new float[raw.length];
        float[] last = null;
        for (int i = 0; i < spool.size(); i++) {
            spool.read(i, changes, raw);
            Smoothing.Step step = smoothing.next(last, raw, changes);
            step.apply(raw, neverNegative, now);
            if (last != null && !step.cut()) {
                int[] still = sample.in(Stillness.still(changes, size));
                before.add(i, PixelSample.values(rawBefore, still), PixelSample.values(raw, still), sample.count());
                after.add(i, PixelSample.values(last, still), PixelSample.values(now, still), sample.count());
            }
            rangeBefore = wider(rangeBefore, Range.of(raw));
            range = wider(range, Range.of(now));
            steps.add(step);
            System.arraycopy(raw, 0, rawBefore, 0, raw.length);
            float[] other = last == null ? new float[raw.length] : last;
            last = now;
            now = other;
            if (!goOn.test(i)) {
                return null;
            }
        }
        return new ClipAnalysis(List.copyOf(steps), range, before.figure(rangeBefore.high() - rangeBefore.low()),
                after.figure(range.high() - range.low()));
    }

    private static Range wider(Range a, Range b) {
        return a == null ? b : new Range(Math.min(a.low(), b.low()), Math.max(a.high(), b.high()));
    }

    /** Frames that begin a scene, the first one left out. */
    public List<Integer> cuts() {
        return IntStream.range(0, steps.size()).filter(i -> steps.get(i).cut()).boxed().toList();
    }

    /**
     * The range between two percentiles of all corrected values of the clip, to within 1/65536 of the whole range.
     *
     * @param low  percent of the values that lie below the range
     * @param high percent of the values that lie below its end
     */
    public Range percentiles(MapSpool spool, boolean neverNegative, double low, double high) {
        double span = (double) range.high() - range.low();
        if (!(span > 0)) {
            return range;
        }
        NetworkSize size = spool.mapSize();
        long[] counts = new long[BINS];
        float[] changes = new float[(int) size.patches()];
        float[] map = new float[size.width() * size.height()];
        long all = 0;
        for (int i = 0; i < spool.size(); i++) {
            spool.read(i, changes, map);
            steps.get(i).apply(map, neverNegative, map);
            for (float v : map) {
                if (Float.isFinite(v)) {
                    counts[(int) Math.min(BINS - 1, (v - range.low()) / span * BINS)]++;
                    all++;
                }
            }
        }
        return new Range((float) (range.low() + span * place(counts, low / 100 * all)),
                (float) (range.low() + span * place(counts, high / 100 * all)));
    }

    /** Where, from 0 to 1, so many values lie below. */
    private static double place(long[] counts, double below) {
        double sum = 0;
        for (int bin = 0; bin < BINS; bin++) {
            if (sum + counts[bin] >= below && counts[bin] > 0) {
                return (bin + Math.clamp((below - sum) / counts[bin], 0, 1)) / BINS;
            }
            sum += counts[bin];
        }
        return 1;
    }
}
