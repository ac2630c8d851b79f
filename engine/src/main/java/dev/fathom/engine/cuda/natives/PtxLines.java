package dev.fathom.engine.cuda.natives;

import java.util.regex.Pattern;

/** The line information in a PTX file, which is made with {@code nvcc -lineinfo}. */
public final class PtxLines {
    private static final Pattern INLINED = Pattern.compile("(?m)^(\\s*\\.loc\\s[^,\\n]*), function_name [^\\n]*$");

    private PtxLines() {
    }

    /**
     * The same code without the part of {@code .loc} lines that says where a function was inlined. NVIDIA's assembler
     * 12.0 crashes on it for sm_90 (the process dies of SIGSEGV), and drivers of that age hold the same code; every
     * line still names its source line.
     */
    public static String withoutInlining(String ptx) {
        return INLINED.matcher(ptx).replaceAll("$1");
    }
}
