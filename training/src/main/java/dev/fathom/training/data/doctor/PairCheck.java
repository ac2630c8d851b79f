package dev.fathom.training.data.doctor;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Depth that fits another frame's picture and not its own: lists that slipped, names that were sorted differently. */
final class PairCheck implements Check {
    /** Fewer pictures, or edges, say nothing. */
    private static final int FRAMES = 7;
    private static final int EDGES = 50;
    /** Standard deviations above the other pictures: at most for its own, at least for another. */
    private static final double OWN = 2;
    private static final double OTHER = 3.8;
    /** Where no other fits either: its own is below this, and half of all frames are above that. */
    private static final double NONE = 0;
    private static final double USUAL = 3.5;
    private static final int MANY = 10;
    private static final int MANY_EDGES = 150;
    private static final int SLIPPED = 3;
    /** Standard deviation of a rank, and how many edges in a row count as one: few frames may agree by accident. */
    private static final double RANKS = 256 / Math.sqrt(12);
    private static final int TOGETHER = 4;

    /** A depth's fit with its own picture and with the one that fits best, in deviations over all other pictures. */
    private record Fit(FrameFacts frame, double own, int best, double other) {
    }

    @Override
    public List<Finding> of(SetFacts set) {
        List<Fit> fits = IntStream.range(0, set.pairings().size()).mapToObj(i -> fit(set, i)).filter(Objects::nonNull)
                .toList();
        List<Fit> strangers = fits.stream().filter(f -> f.own < OWN && f.other > OTHER).toList();
        return strangers.isEmpty() ? alone(set, fits) : List.of(swapped(set, strangers));
    }

    /** Frames that fit neither their own picture nor another, where the others do. */
    private static List<Finding> alone(SetFacts set, List<Fit> fits) {
        double usual = fits.stream().mapToDouble(Fit::own).sorted().skip(fits.size() / 2).findFirst().orElse(0);
        List<FrameFacts> odd = fits.stream().filter(f -> f.own < NONE && f.frame.edges() >= MANY_EDGES)
                .map(Fit::frame).toList();
        if (fits.size() < MANY || usual < USUAL || odd.isEmpty()) {
            return List.of();
        }
        return List.of(new Finding(Kind.MIXED_UP, Severity.WARNING, Check.some(odd.size(), set.frames().size(),
                "has a depth that has nothing in common with its picture",
                "have a depth that has nothing in common with their pictures") + ".",
                Check.text("Its contours fit its own picture no better than those of other frames; half of all frames'"
                + " fit by %.1f standard deviations or more.", usual),
                "Look at them: the depth may be another frame's that was not looked at.", Check.where(odd, f -> "")));
    }

    private static Finding swapped(SetFacts set, List<Fit> strangers) {
        Map<Integer, Long> offsets = strangers.stream().collect(Collectors.groupingBy(f -> set.frames().get(f.best).index()
                - f.frame.index(), Collectors.counting()));
        Map.Entry<Integer, Long> slip = offsets.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
        boolean slipped = slip.getValue() >= SLIPPED && slip.getValue() > strangers.size() / 2;
        Fit first = strangers.getFirst();
        return new Finding(Kind.MIXED_UP, Severity.ERROR, Check.some(strangers.size(), set.frames().size(),
                "has a depth that fits another frame's picture and not its own",
                "have a depth that fits another frame's picture and not their own") + ".",
                Check.text("The first's contours are %.1f standard deviations above chance on the picture of %s, and %.1f on"
                + " its own%s.", first.other, set.frames().get(first.best).name(), first.own, slipped
                ? Check.text("; in %d of them it is the picture of the frame %s", slip.getValue(), place(slip.getKey()))
                : ""),
                slipped ? "The list of pairs has slipped: check both columns for a missing line, and how names are sorted."
                : "Check how pictures and depths were paired.",
                strangers.stream().map(f -> new Finding.Frame(f.frame.index(), f.frame.name(), "fits "
                + set.frames().get(f.best).name())).toList());
    }

    /** {@code 1 place later}. */
    private static String place(int offset) {
        return Math.abs(offset) + (Math.abs(offset) == 1 ? " place " : " places ") + (offset > 0 ? "later" : "earlier");
    }

    private static Fit fit(SetFacts set, int i) {
        Pairing mine = set.pairings().get(i);
        FrameFacts frame = set.frames().get(i);
        if (frame.edges() < EDGES || ExposureCheck.isBad(frame)) {
            return null;
        }
        double sum = 0;
        double squares = 0;
        int n = 0;
        double most = -1;
        int best = -1;
        for (int j = 0; j < set.pairings().size(); j++) {
            Pairing other = set.pairings().get(j);
            FrameFacts stranger = set.frames().get(j);
            if (j != i && mine.comparable(other) && !ExposureCheck.isBad(stranger)
                    && stranger.thumbnail().digest() != frame.thumbnail().digest()) {
                double score = mine.score(other);
                sum += score;
                squares += score * score;
                n++;
                if (score > most) {
                    most = score;
                    best = j;
                }
            }
        }
        if (n < FRAMES) {
            return null;
        }
        // Without the best one: it is what is asked about, and would widen the spread of the rest.
        double mean = (sum - most) / (n - 1);
        double least = RANKS / Math.sqrt(mine.depth().size() / (double) TOGETHER);
        double spread = Math.sqrt(Math.max(least * least, (squares - most * most) / (n - 1) - mean * mean));
        return new Fit(frame, (mine.score(mine) - mean) / spread, best, (most - mean) / spread);
    }
}
