package dev.fathom.tools.report;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A report as one HTML file: styles, charts and pictures are inside it, nothing is fetched, and no script runs but what a
 * piece brings with it (a table that sorts). Made for
 * narrow and wide screens, light and dark, and for printing.
 *
 * <pre>{@code
 * new HtmlPage("Quickstart").lead("What this page shows.")
 *     .section("Result", table, Pieces.text("..."))
 *     .section("Training", Pieces.charts(List.of(loss, metrics)))
 *     .save(folder.resolve("report.html"));
 * }</pre>
 */
public final class HtmlPage {
    private static final String STYLE = resource("page.css");

    private final String title;
    private final StringBuilder body = new StringBuilder();
    private String lead = "";
    private String footer = "";

    /** A page without sections. */
    public HtmlPage(String title) {
        this.title = title;
    }

    /** One or two sentences below the title: what this is. */
    public HtmlPage lead(String text) {
        lead = text;
        return this;
    }

    /** A small line at the end: when, where, by what. */
    public HtmlPage footer(String text) {
        footer = text;
        return this;
    }

    /** Adds a section with its heading. */
    public HtmlPage section(String heading, Piece... pieces) {
        return section(heading, List.of(pieces));
    }

    /** Adds a section with its heading. */
    public HtmlPage section(String heading, List<Piece> pieces) {
        body.append("<section>\n<h2>").append(Html.escape(heading)).append("</h2>\n");
        pieces.forEach(piece -> piece.appendTo(body));
        body.append("</section>\n");
        return this;
    }

    /** Adds a section that is closed at first: details for those who look for them. */
    public HtmlPage details(String heading, Piece... pieces) {
        body.append("<section><details>\n<summary><h2>").append(Html.escape(heading)).append("</h2></summary>\n");
        for (Piece piece : pieces) {
            piece.appendTo(body);
        }
        body.append("</details></section>\n");
        return this;
    }

    /** The whole page. */
    public String render() {
        StringBuilder html = new StringBuilder(body.length() + STYLE.length() + 1000);
        html.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .append("<meta name=\"color-scheme\" content=\"light dark\">\n<title>").append(Html.escape(title))
            .append("</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n").append(STYLE)
            .append("</style>\n</head>\n<body>\n<main>\n<header>\n<h1>").append(Html.escape(title)).append("</h1>\n");
        if (!lead.isEmpty()) {
            html.append("<p class=\"lead\">").append(Html.escape(lead)).append("</p>\n");
        }
        html.append("</header>\n").append(body);
        if (!footer.isEmpty()) {
            html.append("<footer>").append(Html.escape(footer)).append("</footer>\n");
        }
        return html.append("</main>\n</body>\n</html>\n").toString();
    }

    /**
     * Writes the page, in one step.
     *
     * @throws FathomException if the file cannot be written
     */
    public void save(Path file) {
        String html = render();
        AtomicFile.replace(file, path -> Files.writeString(path, html));
    }

    private static String resource(String name) {
        try (InputStream in = HtmlPage.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
