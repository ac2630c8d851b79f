package dev.fathom.tools.cli;

/**
 * Who is watching. The launcher {@code tools/fathom} sets {@code FATHOM_COLUMNS} to the width of the terminal that
 * standard error goes to, and leaves it out when that is a file or a pipe.
 */
public final class Terminal {
    private static final int USUAL_COLUMNS = 100;

    private Terminal() {
    }

    /** Whether standard error is a terminal, so that a line on it may be drawn over. */
    public static boolean interactive() {
        return width() > 0;
    }

    /** Columns of the terminal, or a usual number if there is none. */
    public static int columns() {
        return width() > 0 ? width() : USUAL_COLUMNS;
    }

    private static int width() {
        String text = System.getenv("FATHOM_COLUMNS");
        return text != null && text.matches("[1-9]\\d{0,4}") ? Integer.parseInt(text) : 0;
    }
}
