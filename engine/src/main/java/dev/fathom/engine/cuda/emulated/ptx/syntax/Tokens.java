package dev.fathom.engine.cuda.emulated.ptx.syntax;

/**
 * The words of a PTX text, one at a time with one word of look-ahead. Comments and white space are skipped; each word
 * knows its line.
 *
 * <p>Words: identifiers and opcodes with their dots ({@code ld.global.v4.f32}, {@code %tid.x}, {@code $L__BB0_2}),
 * numbers, strings in quotes, and single punctuation marks.
 */
final class Tokens {
    private final String file;
    private final String text;
    private int at;
    private int line = 1;
    private String word;
    private int wordLine;
    private int wordStart;

    Tokens(String file, String text) {
        this.file = file;
        this.text = text;
        advance();
    }

    /** The next word, or null at the end; it stays the next word. */
    String peek() {
        return word;
    }

    /** The line of the next word, from 1. */
    int line() {
        return wordLine;
    }

    /** Where the next word starts in the text. */
    int position() {
        return wordStart;
    }

    /** The text between two positions. */
    String between(int from, int to) {
        return text.substring(from, Math.min(to, text.length()));
    }

    /** Takes the next word. */
    String next() {
        if (word == null) {
            throw error("the text ends too early");
        }
        String w = word;
        advance();
        return w;
    }

    /** Takes the next word if it is this one. */
    boolean skip(String expected) {
        if (expected.equals(word)) {
            advance();
            return true;
        }
        return false;
    }

    /** Takes the next word, which must be this one. */
    void expect(String expected) {
        if (!skip(expected)) {
            throw error("expected '" + expected + "', found " + (word == null ? "the end" : "'" + word + "'"));
        }
    }

    PtxException error(String what) {
        return error(wordLine, what);
    }

    PtxException error(int where, String what) {
        return new PtxException(file + ":" + where + ": " + what);
    }

    private void advance() {
        skipSpace();
        wordLine = line;
        wordStart = at;
        if (at >= text.length()) {
            word = null;
            return;
        }
        int start = at;
        char c = text.charAt(at);
        if (isWordPart(c)) {
            while (at < text.length() && (isWordPart(text.charAt(at)) || isDoubleColon())) {
                at += text.charAt(at) == ':' ? 2 : 1;
            }
        } else if (c == '"') {
            int end = text.indexOf('"', at + 1);
            if (end < 0) {
                throw error("a string has no end");
            }
            at = end + 1;
        } else {
            at++;
        }
        word = text.substring(start, at);
    }

    private boolean isDoubleColon() {
        return text.startsWith("::", at);
    }

    private static boolean isWordPart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c == '%'
                || c == '.';
    }

    private void skipSpace() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '\n') {
                line++;
                at++;
            } else if (Character.isWhitespace(c)) {
                at++;
            } else if (text.startsWith("//", at)) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (text.startsWith("/*", at)) {
                int end = text.indexOf("*/", at + 2);
                int stop = end < 0 ? text.length() : end + 2;
                for (; at < stop; at++) {
                    line += text.charAt(at) == '\n' ? 1 : 0;
                }
            } else {
                return;
            }
        }
    }
}
