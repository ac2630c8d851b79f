package dev.fathom.tools.report;

/** A part of a page: a paragraph, a table, a chart, a picture. */
public interface Piece {
    /** Appends the part as HTML. Everything that came from outside must be escaped. */
    void appendTo(StringBuilder html);
}
