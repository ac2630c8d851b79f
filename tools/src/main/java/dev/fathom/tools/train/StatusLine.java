package dev.fathom.tools.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** A line of facts that fits its terminal: where there is no room, the least important ones go. */
final class StatusLine {
    private static final String BETWEEN = "  ";
    private static final int WIDEST_BAR = 24;
    private static final int NARROWEST_BAR = 6;

    private record Fact(String words, int rank) {
    }

    private final List<Fact> facts = new ArrayList<>();

    /**
     * Adds a fact behind the others; one without words is none.
     *
     * @param rank 0 stays always; the largest goes first
     */
    StatusLine add(String words, int rank) {
        if (!words.isEmpty()) {
            facts.add(new Fact(words, rank));
        }
        return this;
    }

    /**
     * The line, at most {@code columns} wide, with a bar behind the first fact if there is room for one.
     *
     * @param share how full the bar is, 0 .. 1
     * @param blocks whether the terminal has block characters
     */
    String fit(int columns, double share, boolean blocks) {
        List<Fact> kept = new ArrayList<>(facts);
        while (width(kept) > columns && kept.stream().anyMatch(f -> f.rank > 0)) {
            kept.remove(kept.stream().max(Comparator.comparingInt(Fact::rank)).orElseThrow());
        }
        int room = columns - width(kept) - BETWEEN.length();
        List<String> words = new ArrayList<>(kept.stream().map(Fact::words).toList());
        if (room >= NARROWEST_BAR) {
            words.add(1, bar(share, Math.min(room, WIDEST_BAR), blocks));
        }
        String line = String.join(BETWEEN, words);
        return line.length() <= columns ? line : line.substring(0, Math.max(0, columns));
    }

    private static int width(List<Fact> facts) {
        return facts.stream().mapToInt(f -> f.words.length() + BETWEEN.length()).sum() - BETWEEN.length();
    }

    /** Eighths of a block where there are such characters. */
    private static String bar(double share, int width, boolean blocks) {
        int inner = width - 2;
        int eighths = (int) Math.round(Math.clamp(share, 0.0, 1.0) * inner * 8);
        StringBuilder bar = new StringBuilder(blocks ? "▕" : "[");
        for (int i = 0; i < inner; i++) {
            int here = Math.clamp(eighths - 8 * i, 0, 8);
            bar.append(blocks ? " ▏▎▍▌▋▊▉█".charAt(here) : here >= 4 ? '=' : ' ');
        }
        return bar.append(blocks ? '▏' : ']').toString();
    }

    /** {@code 0:07}, {@code 14:05}, {@code 2:03:04}; a dash for what is not known. */
    static String clock(double seconds) {
        if (!Double.isFinite(seconds)) {
            return "-";
        }
        long s = Math.round(seconds);
        return s < 3600 ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    }
}
