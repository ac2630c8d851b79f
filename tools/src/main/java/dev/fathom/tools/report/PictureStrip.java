package dev.fathom.tools.report;

import dev.fathom.models.image.Palette;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Pictures of one thing beside each other, in columns of one or two: a photo over its true depth, then a prediction over
 * its error for each epoch. Below them what the colours mean. Moves sideways where the screen is narrow.
 */
public final class PictureStrip implements Piece {
    private static final int STOPS = 12;

    /**
     * One column.
     *
     * @param upper  null leaves its place empty
     * @param lower  null for columns of one picture
     * @param marked whether this is the column to look at
     */
    private record Column(String heading, String note, EmbeddedImage upper, EmbeddedImage lower, boolean marked) {
    }

    private record Bar(String name, Palette palette, String low, String high) {
    }

    private final String name;
    private final String note;
    private final List<Column> columns = new ArrayList<>();
    private final List<Bar> bars = new ArrayList<>();

    /** @param note a quieter part of the title, may be empty */
    public PictureStrip(String name, String note) {
        this.name = name;
        this.note = note;
    }

    /** Adds a column; a picture may be null where there is none. */
    public PictureStrip column(String heading, String columnNote, EmbeddedImage upper, EmbeddedImage lower,
            boolean marked) {
        columns.add(new Column(heading, columnNote, upper, lower, marked));
        return this;
    }

    /** Adds what the colours of a palette mean. */
    public PictureStrip bar(String what, Palette palette, String low, String high) {
        bars.add(new Bar(what, palette, low, high));
        return this;
    }

    /** Whether there is nothing to see. */
    boolean isEmpty() {
        return columns.isEmpty();
    }

    @Override
    public void appendTo(StringBuilder html) {
        boolean two = columns.stream().anyMatch(c -> c.lower != null);
        html.append("<figure class=\"strip\"><figcaption><span class=\"name\"><b>").append(Html.escape(name))
            .append("</b>");
        if (!note.isEmpty()) {
            html.append(' ').append(Html.escape(note));
        }
        html.append("</span>");
        for (Bar bar : bars) {
            html.append("<span class=\"colours\">").append(Html.escape(bar.name)).append(" <i>")
                .append(Html.escape(bar.low)).append("</i><u style=\"background:").append(gradient(bar.palette))
                .append("\"></u><i>").append(Html.escape(bar.high)).append("</i></span>");
        }
        html.append("</figcaption><div class=\"columns\" tabindex=\"0\" role=\"group\" aria-label=\"")
            .append(Html.escape(name)).append("\">");
        for (Column column : columns) {
            html.append(column.marked ? "<div class=\"marked\">" : "<div>").append("<b>")
                .append(Html.escape(column.heading)).append("</b>");
            picture(html, column.upper, column.heading);
            if (two) {
                picture(html, column.lower, column.heading);
            }
            html.append("<small>").append(Html.escape(column.note)).append("</small></div>");
        }
        html.append("</div></figure>\n");
    }

    private void picture(StringBuilder html, EmbeddedImage image, String what) {
        if (image == null) {
            html.append("<em>no picture</em>");
            return;
        }
        html.append("<img src=\"").append(image.dataUrl()).append("\" width=\"").append(image.width())
            .append("\" height=\"").append(image.height()).append("\" alt=\"").append(Html.escape(name + ", " + what))
            .append("\">");
    }

    private static String gradient(Palette palette) {
        StringBuilder css = new StringBuilder("linear-gradient(90deg");
        for (int i = 0; i <= STOPS; i++) {
            css.append(String.format(Locale.ROOT, ",#%06x", palette.colourAt(i / (double) STOPS) & 0xFFFFFF));
        }
        return css.append(')').toString();
    }
}
