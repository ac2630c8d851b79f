package dev.fathom.tools.report;

import java.util.Locale;

/** Small things that every piece of a page needs: escaping, and numbers in few characters. */
final class Html {

    private Html() {
    }

    /** Text as HTML, safe between tags and inside quoted attributes. */
    static String escape(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    /** A coordinate of a drawing, to a hundredth. */
    static String px(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value + 0.0);
        return text.endsWith(".00") ? text.substring(0, text.length() - 3) : text;
    }

    /** A number with about four digits that matter: 0.08123 becomes 0.0812, 12345 stays. */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
        }
        double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e7) {
            return String.format(Locale.ROOT, "%.0f", value + 0.0);
        }
        if (size >= 1e5 || size < 1e-3) {
            return String.format(Locale.ROOT, "%.2e", value).replace("e+0", "e").replace("e-0", "e-");
        }
        int decimals = size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    /** {@link #number} without zeros at its end: 0.2, not 0.2000. */
    static String plain(double value) {
        String text = number(value);
        if (text.contains(".") && !text.contains("e")) {
            return text.replaceAll("0+$", "").replaceAll("\\.$", "");
        }
        return text.replaceAll("\\.?0+e", "e");
    }
}
