package dev.fathom.engine.cuda.emulated.ptx.syntax;

/**
 * Where an instruction comes from: a line of the source, and if it was inlined the place it was inlined at.
 *
 * @param file     file name without folder
 * @param line     from 1
 * @param callSite the line that called the function this line is in, if that was inlined; else null
 */
public record SourceLine(String file, int line, SourceLine callSite) {
    /** The outermost line: the one in the kernel itself. */
    public SourceLine outermost() {
        SourceLine l = this;
        while (l.callSite != null) {
            l = l.callSite;
        }
        return l;
    }

    /** For example {@code layer_norm.cu:42 (fathom.cuh:69, fathom.cuh:56)}: the kernel's line first, then inwards. */
    @Override
    public String toString() {
        StringBuilder inner = new StringBuilder();
        for (SourceLine l = this; l.callSite != null; l = l.callSite) {
            inner.insert(0, (l.callSite.callSite == null ? "" : ", ") + l.file + ":" + l.line);
        }
        SourceLine out = outermost();
        return out.file + ":" + out.line + (inner.isEmpty() ? "" : " (" + inner + ")");
    }
}
