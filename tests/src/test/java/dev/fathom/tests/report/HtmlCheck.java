package dev.fathom.tests.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What every page must be: balanced tags, quoted attributes, nothing from elsewhere, no script. */
public final class HtmlCheck {
    private static final Set<String> VOID = Set.of("meta", "link", "img", "br", "hr", "input");
    private static final Pattern TAG = Pattern.compile(
            "<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\\s+[a-zA-Z][a-zA-Z0-9:-]*(?:=\"[^\"<]*\")?)*)\\s*(/?)>");

    private HtmlCheck() {
    }

    /** Fails unless the page is whole and alone. */
    public static void page(String html) {
        assertTrue(html.startsWith("<!doctype html>\n"), "the first line says that it is HTML");
        String body = html.substring(html.indexOf('\n') + 1).replaceAll("(?s)<style>.*?</style>", "<style></style>");
        Deque<String> open = new ArrayDeque<>();
        Matcher tag = TAG.matcher(body);
        int end = 0;
        while (tag.find()) {
            text(body.substring(end, tag.start()));
            end = tag.end();
            String name = tag.group(2);
            if (tag.group(1).isEmpty()) {
                if (!VOID.contains(name) && tag.group(4).isEmpty()) {
                    open.push(name);
                }
            } else {
                assertFalse(open.isEmpty(), "</" + name + "> closes nothing");
                assertEquals(open.pop(), name, () -> "closed by </" + name + "> before "
                        + body.substring(Math.max(0, tag.start() - 200), tag.start()));
            }
        }
        text(body.substring(end));
        assertEquals(List.of(), List.copyOf(open), "tags that nothing closes");
        String links = html.replaceAll("data:[^\"]*", "");
        Matcher outside = Pattern.compile("(src|href)=\"[^\"]+\"|https?:|url\\(|@import|<script").matcher(links);
        assertFalse(outside.find(), () -> "comes from elsewhere: " + outside.group());
        assertFalse(links.contains("NaN") || links.contains("Infinity"), "a drawing at no number");
    }

    private static void text(String text) {
        assertFalse(text.contains("<") || text.contains(">"), () -> "not escaped, or no tag: " + text.strip());
        Matcher entity = Pattern.compile("&(?!(amp|lt|gt|quot|#39);)").matcher(text);
        assertFalse(entity.find(), () -> "not escaped: " + text.strip());
    }

    /** The words of a page without its tags, blanks made one. */
    static String words(String html) {
        return html.replaceAll("(?s)<style>.*?</style>", "").replaceAll("<title>[^<]*</title>", "")
                .replaceAll("<[^>]*>", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
                .replace("&#39;", "'").replace("&amp;", "&").replaceAll("\\s+", " ");
    }

    /** How often something stands in a page. */
    static int count(String html, String what) {
        return html.split(Pattern.quote(what), -1).length - 1;
    }
}
