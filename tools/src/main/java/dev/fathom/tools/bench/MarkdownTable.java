package dev.fathom.tools.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Rows of words and numbers under each other, in Markdown: read in a terminal and pasted into a README alike. */
public final class MarkdownTable {
    private final List<String[]> rows = new ArrayList<>();
    private final int words;

    /**
     * @param words how many columns from the left hold words; the others hold numbers and are aligned right
     */
    public MarkdownTable(int words, String... titles) {
        this.words = words;
        rows.add(titles);
    }

    /** Adds a row of as many cells as there are titles. */
    public MarkdownTable row(String... cells) {
        if (cells.length != rows.getFirst().length) {
            throw new IllegalArgumentException("a row of " + cells.length + " cells in a table of "
                    + rows.getFirst().length);
        }
        rows.add(cells);
        return this;
    }

    /** With so many decimals; {@code -} for what is not a number. */
    public static String number(double value, int decimals) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%,." + decimals + "f", value) : "-";
    }

    /** A whole percentage. */
    public static String percent(double share) {
        return number(100 * share, 0) + " %";
    }

    @Override
    public String toString() {
        int columns = rows.getFirst().length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int c = 0; c < columns; c++) {
                widths[c] = Math.max(widths[c], Math.max(row[c].length(), c < words ? 3 : 4));
            }
        }
        StringBuilder s = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            for (int c = 0; c < columns; c++) {
                String cell = rows.get(r)[c];
                String space = " ".repeat(widths[c] - cell.length());
                s.append("| ").append(c < words ? cell + space : space + cell).append(' ');
            }
            s.append("|\n");
            if (r == 0) {
                for (int c = 0; c < columns; c++) {
                    s.append('|').append("-".repeat(widths[c] + 1)).append(c < words ? "-" : ":");
                }
                s.append("|\n");
            }
        }
        return s.toString();
    }
}
