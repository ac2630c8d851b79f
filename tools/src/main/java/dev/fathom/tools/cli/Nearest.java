package dev.fathom.tools.cli;

import java.util.Collection;
import java.util.Optional;

/** What a misspelt word may have meant. */
public final class Nearest {

    private Nearest() {
    }

    /** The word that takes the fewest corrections, if these are few for its length. */
    public static Optional<String> to(String misspelt, Collection<String> words) {
        String best = null;
        int fewest = Math.max(1, misspelt.length() / 3) + 1;
        for (String word : words) {
            int corrections = corrections(misspelt, word);
            if (corrections < fewest) {
                fewest = corrections;
                best = word;
            }
        }
        return Optional.ofNullable(best);
    }

    /**
     * Letters to insert, delete, replace or swap with their neighbour to make one word of the other (Damerau, "A
     * technique for computer detection and correction of spelling errors", CACM 1964; optimal string alignment).
     */
    public static int corrections(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replace = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replace, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
