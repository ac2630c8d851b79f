package dev.fathom.tools.report;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleFunction;

/** A whole and its parts as one bar: where the time went. */
public final class ShareBar implements Piece {
    private final String title;
    private final DoubleFunction<String> words;
    private final Map<String, Double> parts = new LinkedHashMap<>();

    /** @param words how to say an amount: {@code 3 min 5 s} */
    public ShareBar(String title, DoubleFunction<String> words) {
        this.title = title;
        this.words = words;
    }

    /** Adds a part; what is not above 0 is left out. */
    public ShareBar part(String name, double amount) {
        if (amount > 0) {
            parts.put(name, amount);
        }
        return this;
    }

    @Override
    public void appendTo(StringBuilder html) {
        double whole = parts.values().stream().mapToDouble(Double::doubleValue).sum();
        html.append("<figure class=\"shares\"><figcaption><b>").append(Html.escape(title)).append("</b></figcaption>")
            .append("<div class=\"bar\">");
        int colour = 0;
        for (double amount : parts.values()) {
            html.append("<i class=\"c").append(colour++).append("\" style=\"width:")
                .append(String.format(Locale.ROOT, "%.2f", 100 * amount / whole)).append("%\"></i>");
        }
        html.append("</div><ul>");
        colour = 0;
        for (Map.Entry<String, Double> part : parts.entrySet()) {
            html.append("<li><i class=\"c").append(colour++).append("\"></i>").append(Html.escape(part.getKey()))
                .append(" <b>").append(Html.escape(words.apply(part.getValue()))).append("</b> ")
                .append(String.format(Locale.ROOT, "%.0f", 100 * part.getValue() / whole)).append(" %</li>");
        }
        html.append("</ul></figure>\n");
    }
}
