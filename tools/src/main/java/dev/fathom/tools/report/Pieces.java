package dev.fathom.tools.report;

import java.util.List;
import java.util.Map;

/** The simple parts of a page. */
public final class Pieces {

    private Pieces() {
    }

    /** A paragraph of plain text. */
    public static Piece text(String text) {
        return html -> html.append("<p>").append(Html.escape(text)).append("</p>\n");
    }

    /** Something that a person may copy: a command, a path. */
    public static Piece code(String text) {
        return html -> html.append("<pre><code>").append(Html.escape(text)).append("</code></pre>\n");
    }

    /**
     * A picture with a line below it. Wide pictures can be moved sideways on narrow screens, and open alone when
     * touched.
     */
    public static Piece figure(EmbeddedImage image, String caption) {
        return html -> {
            String url = image.dataUrl();
            html.append("<figure><div class=\"wide\"><img src=\"").append(url).append("\" width=\"")
                .append(image.width())
                .append("\" height=\"").append(image.height()).append("\" alt=\"").append(Html.escape(caption))
                .append("\"></div>");
            if (!caption.isEmpty()) {
                html.append("<figcaption>").append(Html.escape(caption)).append("</figcaption>");
            }
            html.append("</figure>\n");
        };
    }

    /** Names and values, one pair a line: a configuration, an environment. Order is kept. */
    public static Piece pairs(Map<String, String> pairs) {
        return html -> {
            html.append("<dl>");
            pairs.forEach((name, value) -> html.append("<div><dt>").append(Html.escape(name)).append("</dt><dd>")
                .append(Html.escape(value)).append("</dd></div>"));
            html.append("</dl>\n");
        };
    }

    /** Things to know, one a line, the heavy ones marked. */
    public static Piece notes(List<Note> notes) {
        return html -> {
            html.append("<ul class=\"notes\">");
            notes.forEach(note -> html.append(note.heavy() ? "<li class=\"heavy\">" : "<li>")
                .append(Html.escape(note.text())).append("</li>"));
            html.append("</ul>\n");
        };
    }

    /**
     * A thing to know.
     *
     * @param heavy whether it should worry the reader
     */
    public record Note(String text, boolean heavy) {
    }

    /** Several small charts, more of them beside each other than {@link #charts}. */
    public static Piece smallCharts(List<LineChart> charts) {
        return html -> {
            html.append("<div class=\"charts small\">");
            charts.forEach(chart -> chart.appendTo(html));
            html.append("</div>\n");
        };
    }

    /** Parts under a small heading. */
    public static Piece group(String heading, List<? extends Piece> parts) {
        return html -> {
            html.append("<div><h3>").append(Html.escape(heading)).append("</h3>\n");
            parts.forEach(part -> part.appendTo(html));
            html.append("</div>\n");
        };
    }

    /** A part that the page's other parts can lead to: {@code #anchor}. */
    public static Piece at(String anchor, Piece part) {
        return html -> {
            html.append("<div id=\"").append(Html.escape(anchor)).append("\">");
            part.appendTo(html);
            html.append("</div>\n");
        };
    }

    /** A table of words and numbers: the first column names the row, the others stand right. */
    public static Piece table(List<String> heads, List<List<String>> rows) {
        return table("numbers", heads, rows);
    }

    /** A table of words, which may be long: the first column names the row, one column for each thing compared. */
    public static Piece words(List<String> heads, List<List<String>> rows) {
        return table("words", heads, rows);
    }

    private static Piece table(String style, List<String> heads, List<List<String>> rows) {
        return html -> {
            html.append("<div class=\"scroll\"><table class=\"").append(style).append("\"><thead><tr>");
            for (int i = 0; i < heads.size(); i++) {
                html.append(i == 0 ? "<th>" : "<th class=\"n\">").append(Html.escape(heads.get(i))).append("</th>");
            }
            html.append("</tr></thead><tbody>\n");
            for (List<String> row : rows) {
                html.append("<tr><th scope=\"row\">").append(Html.escape(row.getFirst())).append("</th>");
                row.stream().skip(1).forEach(cell -> html.append("<td class=\"n\">").append(Html.escape(cell))
                    .append("</td>"));
                html.append("</tr>\n");
            }
            html.append("</tbody></table></div>\n");
        };
    }

    /** Any parts beside each other where the screen is wide enough. */
    public static Piece beside(List<? extends Piece> parts) {
        return html -> {
            html.append("<div class=\"beside\">");
            parts.forEach(part -> part.appendTo(html));
            html.append("</div>\n");
        };
    }

    /** Charts beside each other where the screen is wide enough. */
    public static Piece charts(List<LineChart> charts) {
        return html -> {
            html.append("<div class=\"charts\">");
            charts.forEach(chart -> chart.appendTo(html));
            html.append("</div>\n");
        };
    }

    /**
     * One result in large type.
     *
     * @param value what it is, short: {@code 0.081}
     * @param name  of what: {@code abs_rel, lower is better}
     * @param note  a quieter line, may be empty
     */
    public record Fact(String value, String name, String note) {
    }

    /** The results that matter most, beside each other. */
    public static Piece facts(List<Fact> facts) {
        return html -> {
            html.append("<div class=\"facts\">");
            for (Fact fact : facts) {
                html.append("<div><b>").append(Html.escape(fact.value())).append("</b><span>")
                    .append(Html.escape(fact.name())).append("</span>");
                if (!fact.note().isEmpty()) {
                    html.append("<i>").append(Html.escape(fact.note())).append("</i>");
                }
                html.append("</div>");
            }
            html.append("</div>\n");
        };
    }
}
