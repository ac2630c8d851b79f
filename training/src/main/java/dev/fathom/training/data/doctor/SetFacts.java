package dev.fathom.training.data.doctor;

import dev.fathom.training.data.BadFrame;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What was seen of a data set.
 *
 * @param label what a person calls the set
 * @param unitSetting whether its format lets one say the unit of depth
 * @param size frames that it has
 * @param planned how many of them were to be read, evenly spread
 * @param looked how many were, from the first on: fewer after an interruption; those that could not be used count too
 * @param frames those that could be used, in the order of the set
 * @param bad those that could not
 * @param surface how well depth's edges lie on the pictures', over all frames
 * @param places where depth is known, over all frames
 * @param bins how many pixels have which depth
 * @param pairings of the first {@link Checkup#PAIRED} frames, in the order of {@code frames}
 */
public record SetFacts(String label, boolean unitSetting, int size, int planned, int looked, List<FrameFacts> frames,
        List<BadFrame> bad, ShiftSurface surface, DepthPlaces places, DepthBins bins, List<Pairing> pairings) {

    /** Lists cannot be changed. */
    public SetFacts {
        frames = List.copyOf(frames);
        bad = List.copyOf(bad);
        pairings = List.copyOf(pairings);
    }

    /** What nine of ten pixels' depths lie between and what half of them lie below, metres: 5, 50 and 95 of a hundred. */
    public double[] depths() {
        return new double[] {bins.quantile(0.05), bins.quantile(0.5), bins.quantile(0.95)};
    }

    /** Frames that have any depth. */
    public List<FrameFacts> withDepth() {
        return frames.stream().filter(FrameFacts::hasDepth).toList();
    }

    /** The middle one of the frames' numbers; those that are no numbers are left out; NaN without any. */
    static double median(List<FrameFacts> frames, ToDoubleFunction<FrameFacts> number) {
        double[] sorted = frames.stream().mapToDouble(number).filter(Double::isFinite).sorted().toArray();
        return sorted.length == 0 ? Double.NaN : sorted.length % 2 == 1 ? sorted[sorted.length / 2]
                : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
    }

    /** Half the frames' numbers are nearer to their median than this. */
    static double deviation(List<FrameFacts> frames, ToDoubleFunction<FrameFacts> number) {
        double middle = median(frames, number);
        double[] sorted = frames.stream().mapToDouble(number).filter(Double::isFinite).map(v -> Math.abs(v - middle))
                .sorted().toArray();
        return sorted.length == 0 ? Double.NaN : Arrays.stream(sorted).skip(sorted.length / 2).findFirst().orElse(0);
    }
}
