package dev.fathom.training.data.sets;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What is in a data set, by a sample of its frames. */
public final class DatasetSummary {
    /** How many different sizes or cameras are written out. */
    private static final int WRITTEN_OUT = 4;

    private int frames;
    private final Map<String, Integer> sizes = new TreeMap<>();
    private final Map<String, Integer> cameras = new TreeMap<>();
    private final List<String> unusable = new ArrayList<>();
    private float nearest = Float.POSITIVE_INFINITY;
    private float farthest;
    private long pixels;
    private long holes;
    private long repaired;
    private double leastHoles = 1;
    private double mostHoles;

    private DatasetSummary() {
    }

    /**
     * Reads frames evenly spread over the set; those that cannot be used are counted and go on.
     *
     * @param most how many
     * @param step called after each
     */
    public static DatasetSummary of(DepthDataset data, int most, Runnable step) {
        DatasetSummary summary = new DatasetSummary();
        summary.frames = Math.min(most, data.size());
        for (int i = 0; i < summary.frames; i++) {
            try {
                summary.add(data.sample((int) ((long) i * data.size() / summary.frames)));
            } catch (FrameException e) {
                summary.unusable.add(e.fault().key() + ": " + e.getMessage());
            }
            step.run();
        }
        return summary;
    }

    private void add(DepthSample sample) {
        sizes.merge(sample.width() + " x " + sample.height(), 1, Integer::sum);
        cameras.merge(sample.camera().map(DatasetSummary::words).orElse("unknown"), 1, Integer::sum);
        int empty = 0;
        for (float depth : sample.depth()) {
            if (depth > 0) {
                nearest = Math.min(nearest, depth);
                farthest = Math.max(farthest, depth);
            } else {
                empty++;
            }
        }
        double share = (double) empty / sample.depth().length;
        leastHoles = Math.min(leastHoles, share);
        mostHoles = Math.max(mostHoles, share);
        pixels += sample.depth().length;
        holes += empty;
        repaired += sample.repaired();
    }

    private static String words(Intrinsics camera) {
        return String.format(Locale.ROOT, "fx %.2f fy %.2f cx %.2f cy %.2f px", camera.fx(), camera.fy(), camera.cx(),
                camera.cy());
    }

    /** For people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, "of %,d frames, evenly spread over the set:", frames));
        if (pixels > 0) {
            lines.add("  size      " + counted(sizes));
            lines.add(holes == pixels ? "  depth     none: every pixel is a hole"
                    : String.format(Locale.ROOT, "  depth     %.3f to %.3f m", nearest, farthest));
            lines.add(String.format(Locale.ROOT, "  holes     %.1f %% of the pixels (%.1f to %.1f %% of a frame)",
                    100.0 * holes / pixels, 100 * leastHoles, 100 * mostHoles));
            if (repaired > 0) {
                lines.add(String.format(Locale.ROOT,
                        "  repaired  %,d depths were NaN, negative or infinite and count as holes", repaired));
            }
            lines.add("  camera    " + counted(cameras));
        }
        for (String sentence : unusable.subList(0, Math.min(WRITTEN_OUT, unusable.size()))) {
            lines.add("  unusable  " + sentence);
        }
        if (unusable.size() > WRITTEN_OUT) {
            lines.add(String.format(Locale.ROOT, "  unusable  and %,d more", unusable.size() - WRITTEN_OUT));
        }
        return lines;
    }

    /** {@code 640 x 480 (48), 320 x 240 (2)}: the most frequent first. */
    private static String counted(Map<String, Integer> counts) {
        String words = counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey())).limit(WRITTEN_OUT)
                .map(e -> e.getKey() + " (" + e.getValue() + ")").collect(Collectors.joining(", "));
        return words + (counts.size() > WRITTEN_OUT ? " and " + (counts.size() - WRITTEN_OUT) + " others" : "");
    }
}
